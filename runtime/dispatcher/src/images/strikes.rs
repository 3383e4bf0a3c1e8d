//! Strikes: what a service did that costs its neighbours more than its budget. Pure.
//!
//! A service *yields* at the soft deadline if its cleanup ends within the grace. One that does not costs budget
//! and grace each time; in `discard` there is nothing to yield to. A denied system call is no accident: nothing
//! that a compiler makes of safe code does one. And a lost worker takes with it what others had there.

use std::fmt;

use mote_abi::outcome::{Cleanup, Mode, Outcome};

use crate::job::completed::Completed;

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strike {
    Unyielding,
    DeniedSyscall,
    LostWorker,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strikes {
    /// Invocations that did not yield at the soft deadline: discarded at the hard one, in `guarded` or
    /// `inject`.
    pub unyielding: u32,
    /// System calls that were denied.
    pub denied_syscalls: u32,
    /// Workers that were lost while they ran it.
    pub lost_workers: u32,
}

impl Strike {
    /// What the end of an invocation is counted as.
    pub(crate) fn of(completed: &Completed) -> Option<Self> {
        match completed.outcome {
            Outcome::OverBudget
                if completed.cleanup == Cleanup::Discarded && completed.mode != Mode::Discard =>
            {
                Some(Self::Unyielding)
            }
            Outcome::DeniedSyscall => Some(Self::DeniedSyscall),
            Outcome::WorkerLost => Some(Self::LostWorker),
            _ => None,
        }
    }
}

impl Strikes {
    /// All of them together: what [`NodeConfig::ban_after`](crate::NodeConfig::ban_after) limits.
    #[must_use]
    pub fn total(&self) -> u32 {
        let Self { unyielding, denied_syscalls, lost_workers } = *self;
        unyielding.saturating_add(denied_syscalls).saturating_add(lost_workers)
    }

    pub(crate) fn add(&mut self, strike: Strike) {
        let count = match strike {
            Strike::Unyielding => &mut self.unyielding,
            Strike::DeniedSyscall => &mut self.denied_syscalls,
            Strike::LostWorker => &mut self.lost_workers,
        };
        *count = count.saturating_add(1);
    }
}

impl fmt::Display for Strikes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.unyielding, "did not yield at its soft deadline"),
            (self.denied_syscalls, "made a system call"),
            (self.lost_workers, "lost a worker"),
        ];
        let mut separator = "";
        for (count, what) in counts.into_iter().filter(|&(count, _)| count > 0) {
            let plural = if count == 1 { "" } else { "s" };
            write!(f, "{separator}it {what} {count} time{plural}")?;
            separator = ", ";
        }
        if separator.is_empty() { f.write_str("it did nothing wrong") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::completed::{Ending, Run};
    use crate::job::request::tests::request;

    fn ended(outcome: Outcome, cleanup: Cleanup, mode: Mode) -> Option<Strike> {
        let ending = Ending { cleanup, ..Ending::unreported(outcome, "") };
        Strike::of(&Completed { mode, ..request(1, b"").completed(Run::NONE, ending) })
    }

    #[test]
    fn only_a_discard_at_the_hard_deadline_is_unyielding() {
        let (over, discarded) = (Outcome::OverBudget, Cleanup::Discarded);
        assert_eq!(ended(over, discarded, Mode::Guarded), Some(Strike::Unyielding));
        assert_eq!(ended(over, discarded, Mode::Inject), Some(Strike::Unyielding));
        assert_eq!(ended(over, Cleanup::Unwound, Mode::Guarded), None);
        assert_eq!(ended(over, discarded, Mode::Discard), None);
    }

    #[test]
    fn denied_calls_and_lost_workers_are_strikes_and_mistakes_are_not() {
        for &outcome in Outcome::ALL.iter().filter(|&&outcome| outcome != Outcome::OverBudget) {
            let expected = match outcome {
                Outcome::DeniedSyscall => Some(Strike::DeniedSyscall),
                Outcome::WorkerLost => Some(Strike::LostWorker),
                _ => None,
            };
            assert_eq!(ended(outcome, Cleanup::Discarded, Mode::Discard), expected, "{outcome}");
        }
    }

    #[test]
    fn strikes_are_told_by_kind_and_counted_together() {
        let mut strikes = Strikes::default();
        assert_eq!(strikes.to_string(), "it did nothing wrong");
        for strike in [Strike::Unyielding, Strike::LostWorker, Strike::LostWorker] {
            strikes.add(strike);
        }
        let expected = "it did not yield at its soft deadline 1 time, it lost a worker 2 times";
        assert_eq!((strikes.to_string().as_str(), strikes.total()), (expected, 3));
    }
}
