//! Counts of a deployed service, and when they lead to a ban. Pure.
//!
//! A service *yields* at the soft deadline if its cleanup ends within the grace. One that does not,
//! again and again, costs budget and grace each time; after [`NodeConfig::ban_after`] times it is
//! banned until it is deployed again. In `discard` there is nothing to yield to.
//!
//! [`NodeConfig::ban_after`]: crate::NodeConfig::ban_after

use mote_abi::outcome::{Cleanup, Mode, Outcome};

use crate::job::completed::Completed;

/// Counts of one deployed service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceStatistics {
    /// Invocations that ended.
    pub ended: u64,
    /// Those of them that were over their budget.
    pub over_budget: u64,
    /// Those that did not yield at the soft deadline: discarded at the hard one, in `guarded` or
    /// `inject`.
    pub unyielding: u32,
    /// Whether it is banned.
    pub is_banned: bool,
}

/// Whether an invocation that was over its budget did not yield.
pub(crate) fn is_unyielding(completed: &Completed) -> bool {
    completed.outcome == Outcome::OverBudget
        && completed.cleanup == Cleanup::Discarded
        && completed.mode != Mode::Discard
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::completed::{Ending, Run};
    use crate::job::request::tests::request;

    fn ended(outcome: Outcome, cleanup: Cleanup, mode: Mode) -> Completed {
        let ending = Ending { cleanup, ..Ending::unreported(outcome, "") };
        Completed { mode, ..request(1, b"").completed(Run::NONE, ending) }
    }

    #[test]
    fn only_a_discard_at_the_hard_deadline_is_unyielding() {
        let (over, discarded) = (Outcome::OverBudget, Cleanup::Discarded);
        assert!(is_unyielding(&ended(over, discarded, Mode::Guarded)));
        assert!(is_unyielding(&ended(over, discarded, Mode::Inject)));
        assert!(!is_unyielding(&ended(over, Cleanup::Unwound, Mode::Guarded)));
        assert!(!is_unyielding(&ended(over, discarded, Mode::Discard)));
        assert!(!is_unyielding(&ended(Outcome::Fault, discarded, Mode::Inject)));
        assert!(!is_unyielding(&ended(Outcome::Ok, Cleanup::Returned, Mode::Guarded)));
    }
}
