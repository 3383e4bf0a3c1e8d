//! One injection into a program, as samples and oracles have it.

use mote_abi::outcome::{Cleanup, Outcome};
use mote_dispatcher::torture::Point;
use serde::Serialize;

use super::sweep::Manner;
use crate::torture::sweep::Found;
use crate::torture::verdict::Verdict;

/// What was done, and what came of it. The names of the fields are those in JSON.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Injection<'a> {
    /// What the program was generated from.
    pub(crate) seed: u64,
    /// How its image was compiled.
    pub(crate) profile: &'static str,
    /// How it was preempted.
    #[serde(flatten)]
    pub(crate) manner: Manner,
    /// Which of the program's instructions it came before.
    pub(crate) instruction: u32,
    /// That instruction's address in the image.
    pub(crate) address: u64,
    /// How it ended: empty if the worker did not report.
    pub(crate) outcome: &'static str,
    /// How the stack was left: empty if the worker did not report.
    pub(crate) cleanup: &'static str,
    /// All else that is known of it.
    #[serde(flatten)]
    pub(crate) counts: RecordCounts,
    /// The undisturbed invocation's.
    pub(crate) baseline: &'a Baseline,
    /// Mote's verdict.
    pub(crate) verdict: Verdict,
}

/// RecordCounts of a record.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct RecordCounts {
    created: u32,
    released: u32,
    reclaimed: u32,
    double_released: u32,
    landing_pads: u16,
    frames: u16,
    gaps: u16,
    /// Bits of what is not as it must be.
    damage: u16,
    /// Bits of what else is known.
    facts: u8,
    /// As wait(2) has it: 0 if the worker reported.
    wait_status: u32,
}

/// What an undisturbed invocation does.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Baseline {
    outcome: &'static str,
    #[serde(flatten)]
    counts: RecordCounts,
}

impl From<&Point> for RecordCounts {
    fn from(point: &Point) -> Self {
        Self {
            created: point.created,
            released: point.released,
            reclaimed: point.reclaimed,
            double_released: point.double_released,
            landing_pads: point.landing_pads,
            frames: point.frames,
            gaps: point.gaps,
            damage: point.damage,
            facts: point.facts,
            wait_status: point.status,
        }
    }
}

impl From<&Point> for Baseline {
    fn from(point: &Point) -> Self {
        Self { outcome: outcome(point), counts: point.into() }
    }
}

fn outcome(point: &Point) -> &'static str {
    Outcome::from_byte(point.outcome).map_or("", Outcome::name)
}

/// All of a sweep.
pub(super) fn all<'a>(
    seed: u64,
    profile: &'static str,
    manner: Manner,
    found: &Found,
    baseline: &'a Baseline,
) -> Vec<Injection<'a>> {
    let one = |point: &Point| Injection {
        seed,
        profile,
        manner,
        instruction: point.number,
        address: point.rip.wrapping_sub(found.text_address),
        outcome: if point.is_reported == 1 { outcome(point) } else { "" },
        cleanup: match (point.is_reported, Cleanup::from_byte(point.cleanup)) {
            (1, Some(cleanup)) => cleanup.name(),
            _ => "",
        },
        counts: point.into(),
        baseline,
        verdict: Verdict::of(point, &found.baseline),
    };
    found.points.iter().map(one).collect()
}

/// An injection with this verdict.
#[cfg(test)]
pub(super) fn sample(verdict: Verdict) -> Injection<'static> {
    use mote_abi::outcome::Mode;

    let point = Point { is_reported: 1, ..Point::default() };
    let baseline = Box::leak(Box::new(Baseline::from(&point)));
    Injection {
        seed: 7,
        profile: "release",
        manner: Manner { mode: Mode::Guarded, is_second: false },
        instruction: 3,
        address: 0x40,
        outcome: "ok",
        cleanup: "returned",
        counts: (&point).into(),
        baseline,
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_flat_but_for_the_baseline() {
        let json = serde_json::to_value(sample(Verdict::Clean)).unwrap();
        assert_eq!((&json["mode"], &json["verdict"]), (&"guarded".into(), &"clean".into()));
        assert_eq!((&json["double_released"], &json["is_second"]), (&0.into(), &false.into()));
        assert_eq!(json["baseline"]["outcome"], "ok");
    }
}
