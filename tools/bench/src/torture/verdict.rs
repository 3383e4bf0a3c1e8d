//! What an injection shows: from a record to one of five words. Pure.
//!
//! The undisturbed invocation (*baseline*) is the measure: a service that leaks by itself is not held
//! against the cleanup. The first line that applies gives the verdict:
//!
//! | verdict | the child |
//! | --- | --- |
//! | `host_damage` | did not report (it died, or hung until it was killed), or found something of the host changed, or a canary answered wrongly |
//! | `double_release` | released more tokens twice than the baseline |
//! | `service_fault` | was ended by a fault, a stack overflow or a panic that the baseline has not; or returned another answer, although nothing had been refused to it and the baseline's answer is always the same |
//! | `leaked` | left tokens for the worker to take back, more than the baseline |
//! | `clean` | none of these |
//!
//! A service that never ends by itself shows undisturbed nothing of its destructors. So it has a second
//! baseline: one invocation that an ordinary timer stops in its middle, at a call. If its destructors run
//! out of stack there, that is what they do; a stack overflow is then no `service_fault`, and what they
//! did not release is `leaked`. No other fault is excused: in safe code only recursion is the service's
//! own doing.

use mote_abi::outcome::{Cleanup, Outcome};
use mote_dispatcher::torture::{Point, facts};
use serde::Serialize;

/// What an injection shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every token was released once, or what the service leaks by itself was taken back.
    Clean,
    /// A destructor did not run; the worker took the resource back.
    Leaked,
    /// A destructor ran twice.
    DoubleRelease,
    /// The service broke, and was contained.
    ServiceFault,
    /// The host was damaged.
    HostDamage,
}

impl Verdict {
    /// From the best to the worst.
    pub const ALL: [Self; 5] =
        [Self::Clean, Self::Leaked, Self::DoubleRelease, Self::ServiceFault, Self::HostDamage];

    /// The name in tables and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Leaked => "leaked",
            Self::DoubleRelease => "double_release",
            Self::ServiceFault => "service_fault",
            Self::HostDamage => "host_damage",
        }
    }

    /// What it means, for a legend.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Clean => "every resource was released once, and nothing else is amiss",
            Self::Leaked => "a destructor did not run; the worker took the resource back",
            Self::DoubleRelease => "a destructor ran twice",
            Self::ServiceFault => "the service broke, and was contained",
            Self::HostDamage => "the worker died or hung, or something of it changed",
        }
    }

    /// The verdict on `point`.
    #[must_use]
    pub fn of(point: &Point, baseline: &Point) -> Self {
        if point.is_reported != 1 || point.status != 0 || point.damage != 0 {
            Self::HostDamage
        } else if point.double_released > baseline.double_released {
            Self::DoubleRelease
        } else if is_broken(point, baseline) {
            Self::ServiceFault
        } else if point.reclaimed > leaks_by_itself(point, baseline) {
            Self::Leaked
        } else {
            Self::Clean
        }
    }
}

fn is_broken(point: &Point, baseline: &Point) -> bool {
    let has_same_end = point.outcome == baseline.outcome;
    let is_refused = point.facts & facts::REFUSED != 0;
    match Outcome::from_byte(point.outcome) {
        Some(Outcome::OverBudget) => false,
        Some(Outcome::Ok | Outcome::Error) => {
            let is_steady = baseline.facts & facts::UNSTEADY == 0 && baseline_ended(baseline);
            is_steady && !is_refused && point.facts & facts::OTHER_ANSWER != 0
        }
        Some(Outcome::StackOverflow) => !has_same_end && baseline.facts & facts::OVERFLOWS == 0,
        _ => !has_same_end,
    }
}

/// Whether the undisturbed invocation came to an end of its own.
fn baseline_ended(baseline: &Point) -> bool {
    baseline.outcome != Outcome::OverBudget as u8
}

/// The tokens that the service leaves behind undisturbed. One that never ends was discarded, which
/// says nothing of a cleanup; one that was only paused is discarded as well.
fn leaks_by_itself(point: &Point, baseline: &Point) -> u32 {
    let is_paused = point.facts & facts::PAUSED != 0;
    if baseline_ended(baseline) || is_paused { baseline.reclaimed } else { 0 }
}

/// How the tortured invocation's stack was left: the name for counting.
#[must_use]
pub fn ending(point: &Point) -> &'static str {
    match (point.is_reported, Cleanup::from_byte(point.cleanup)) {
        (1, Some(cleanup)) => cleanup.name(),
        _ => "lost",
    }
}

/// Why a point is `host_damage`, for people; empty if it is not.
#[must_use]
pub fn damage(point: &Point) -> String {
    if point.is_reported != 1 || point.status != 0 {
        return death(point);
    }
    let found = mote_dispatcher::torture::damage::ALL;
    let names: Vec<_> =
        found.iter().filter(|(bit, _)| point.damage & bit != 0).map(|(_, name)| *name).collect();
    names.join(", ")
}

fn death(point: &Point) -> String {
    const HANGS: u32 = libc::SIGKILL as u32;
    let status = point.status;
    match status & 0x7f {
        0 => format!("the worker exited with status {}", status >> 8 & 0xff),
        HANGS => "the worker hung".to_owned(),
        signal => format!("the worker died of signal {signal} at {:#x}", point.fatal_address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(outcome: Outcome) -> Point {
        Point { is_reported: 1, outcome: outcome as u8, ..Point::default() }
    }

    fn on(point: Point) -> Verdict {
        Verdict::of(&point, &reported(Outcome::Ok))
    }

    #[test]
    fn verdict_is_the_worst_that_applies() {
        let over = reported(Outcome::OverBudget);
        assert_eq!(on(over), Verdict::Clean);
        assert_eq!(on(Point { reclaimed: 1, ..over }), Verdict::Leaked);
        assert_eq!(on(Point { reclaimed: 1, double_released: 1, ..over }), Verdict::DoubleRelease);
        let fault = Point { double_released: 1, ..reported(Outcome::Fault) };
        assert_eq!(on(fault), Verdict::DoubleRelease);
        assert_eq!(on(Point { damage: 64, ..fault }), Verdict::HostDamage);
    }

    #[test]
    fn child_that_did_not_report_is_host_damage() {
        assert_eq!(on(Point::default()), Verdict::HostDamage);
        let died = Point { status: 11, fatal_address: 0x401000, ..Point::default() };
        assert_eq!(damage(&died), "the worker died of signal 11 at 0x401000");
        assert_eq!(damage(&Point { status: 9, ..died }), "the worker hung");
        assert_eq!(ending(&died), "lost");
    }

    #[test]
    fn service_is_not_blamed_for_what_it_does_undisturbed() {
        let leaky = Point { reclaimed: 2, ..reported(Outcome::Panicked) };
        assert_eq!(Verdict::of(&leaky, &leaky), Verdict::Clean);
        let more = Point { reclaimed: 3, ..leaky };
        assert_eq!(Verdict::of(&more, &leaky), Verdict::Leaked);
        let endless = Point { reclaimed: 2, ..reported(Outcome::OverBudget) };
        assert_eq!(Verdict::of(&endless, &endless), Verdict::Leaked);
        let paused = Point { facts: facts::PAUSED, ..endless };
        assert_eq!(Verdict::of(&paused, &endless), Verdict::Clean);
        assert_eq!(Verdict::of(&Point { reclaimed: 3, ..paused }, &endless), Verdict::Leaked);
    }

    #[test]
    fn only_an_overflow_that_the_second_baseline_has_is_the_services_own() {
        let endless = reported(Outcome::OverBudget);
        let abyss = Point { facts: facts::OVERFLOWS, ..endless };
        let overflow = Point { reclaimed: 1, ..reported(Outcome::StackOverflow) };
        assert_eq!(Verdict::of(&overflow, &endless), Verdict::ServiceFault);
        assert_eq!(Verdict::of(&overflow, &abyss), Verdict::Leaked);
        let fault = Point { reclaimed: 1, ..reported(Outcome::Fault) };
        assert_eq!(Verdict::of(&fault, &abyss), Verdict::ServiceFault);
    }

    #[test]
    fn other_answer_is_a_fault_unless_it_has_a_reason() {
        let other = Point { facts: facts::OTHER_ANSWER, ..reported(Outcome::Ok) };
        assert_eq!(on(other), Verdict::ServiceFault);
        assert_eq!(on(Point { facts: other.facts | facts::REFUSED, ..other }), Verdict::Clean);
        let clock = Point { facts: facts::UNSTEADY, ..reported(Outcome::Ok) };
        assert_eq!(Verdict::of(&other, &clock), Verdict::Clean);
    }
}
