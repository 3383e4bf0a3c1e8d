//! What the demo runs: which service, in which mode, how often, and what is timed.

use std::fmt;

use mote_abi::outcome::Mode;

/// What of an invocation is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timed {
    /// From the dispatcher's stamp to the service, with the service resident.
    Warm,
    /// The same with the image in memory and not placed.
    Cold,
    /// From the deadline to the handler that acted on it.
    Lateness,
    /// From the dispatcher's stamp to the outcome, which it takes when the worker is ready again.
    Total,
}

impl Timed {
    /// Its name in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Warm => "warm start",
            Self::Cold => "cold start",
            Self::Lateness => "late by",
            Self::Total => "start to end",
        }
    }

    fn samples(self) -> u64 {
        match self {
            Self::Warm => 20_000,
            Self::Cold => 2_000,
            Self::Lateness | Self::Total => 500,
        }
    }
}

/// One row of the table to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case {
    /// The bundled service.
    pub(super) service: &'static str,
    /// What happens at its deadline.
    pub(super) mode: Mode,
    /// What is timed.
    pub(super) timed: Timed,
    /// How many invocations count.
    pub(super) samples: u64,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.service, self.mode, self.timed.name())
    }
}

impl Case {
    /// Invocations before those that count: caches and branch predictors warm up.
    pub(super) fn warm_up(&self) -> u64 {
        if self.timed == Timed::Warm { 1_000 } else { 10 }
    }

    /// The body that the service gets.
    pub(super) fn body(&self) -> &'static [u8] {
        match self.service {
            NEXT => NEXT_BODY,
            "wordcount" => b"the quick brown fox jumps over the lazy dog and the other fox",
            "sha512" => &[0x5a; 64],
            _ => b"",
        }
    }

    /// The budget, in microseconds: short for those that are to be killed, ample for the others.
    pub(super) fn budget_us(&self) -> u32 {
        if self.timed == Timed::Lateness { 100 } else { 100_000 }
    }

    /// The grace, in microseconds: ample for destructors, even where a core is shared with others.
    pub(super) fn grace_us(&self) -> u32 {
        500
    }
}

/// The service whose own stamp ends its latency: eight little-endian bytes of nanoseconds.
pub(super) const STAMPS_ITSELF: &str = "timestamp";

/// The service that is asked after every bad end whether the worker still answers.
const NEXT: &str = "hello";
/// What it is asked.
const NEXT_BODY: &[u8] = b"Ada";
/// What it must answer.
pub(super) const NEXT_ANSWER: &[u8] = b"Hello, Ada!";

/// Services that return.
const WELL_BEHAVED: &[&str] = &[STAMPS_ITSELF, NEXT, "wordcount", "sha512", "counter"];
/// Services that end badly by themselves.
const BROKEN: &[&str] = &["panics", "panics_in_drop", "deep_recursion", "out_of_memory"];
/// Services that never end.
const RUNAWAYS: &[&str] = &["spin", "alloc_spin", "guard_spin", "loops_in_drop"];

/// All cases, or with `is_quick` a tenth of each one's samples.
pub(super) fn cases(is_quick: bool) -> Vec<Case> {
    let case = |service, mode, timed: Timed| Case {
        service,
        mode,
        timed,
        samples: if is_quick { timed.samples() / 10 } else { timed.samples() },
    };
    let guarded = |service, timed| case(service, Mode::Guarded, timed);
    let latencies = |&service| [Timed::Warm, Timed::Cold].map(|timed| guarded(service, timed));
    let ends = |&service| guarded(service, Timed::Total);
    let kills = |&service| Mode::ALL.iter().map(move |&mode| case(service, mode, Timed::Lateness));
    WELL_BEHAVED
        .iter()
        .flat_map(latencies)
        .chain(BROKEN.iter().map(ends))
        .chain(RUNAWAYS.iter().flat_map(kills))
        .collect()
}

/// The ordinary request that is made after every bad end.
pub(super) fn next() -> Case {
    Case { service: NEXT, mode: Mode::Guarded, timed: Timed::Warm, samples: 1 }
}

/// Every service that the cases need, once.
pub(super) fn services() -> impl Iterator<Item = &'static str> {
    WELL_BEHAVED.iter().chain(BROKEN).chain(RUNAWAYS).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_of_the_plan_is_on_board() {
        let on_board = crate::bundle::names();
        services().for_each(|name| assert!(on_board.contains(&name), "no {name}"));
    }

    #[test]
    fn every_runaway_is_killed_in_every_mode() {
        let cases = cases(false);
        for &service in RUNAWAYS {
            for &mode in Mode::ALL {
                let is_this = |case: &&Case| case.service == service && case.mode == mode;
                assert_eq!(cases.iter().filter(is_this).count(), 1, "{service}, {mode}");
            }
        }
    }

    #[test]
    fn quick_takes_a_tenth_of_the_samples() {
        let samples = |is_quick| cases(is_quick).iter().map(|case| case.samples).sum::<u64>();
        assert_eq!(samples(true), samples(false) / 10);
    }
}
