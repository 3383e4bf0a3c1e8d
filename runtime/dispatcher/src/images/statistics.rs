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

impl ServiceStatistics {
    /// Counts an invocation that ended.
    pub(crate) fn note(&mut self, completed: &Completed, ban_after: Option<u32>) {
        let is_over = completed.outcome == Outcome::OverBudget;
        let is_unyielding =
            is_over && completed.cleanup == Cleanup::Discarded && completed.mode != Mode::Discard;
        self.ended += 1;
        self.over_budget += u64::from(is_over);
        self.unyielding = self.unyielding.saturating_add(is_unyielding.into());
        self.is_banned |= ban_after.is_some_and(|limit| self.unyielding >= limit);
    }
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

    fn after(completions: &[Completed], ban_after: Option<u32>) -> ServiceStatistics {
        let mut statistics = ServiceStatistics::default();
        completions.iter().for_each(|completed| statistics.note(completed, ban_after));
        statistics
    }

    #[test]
    fn service_is_banned_when_it_has_not_yielded_so_often() {
        let stubborn = ended(Outcome::OverBudget, Cleanup::Discarded, Mode::Guarded);
        let statistics = after(&[stubborn.clone(), stubborn.clone()], Some(3));
        assert_eq!((statistics.unyielding, statistics.is_banned), (2, false));
        let statistics = after(&[stubborn.clone(), stubborn.clone(), stubborn.clone()], Some(3));
        assert_eq!((statistics.unyielding, statistics.is_banned), (3, true));
        assert!(!after(&vec![stubborn; 1000], None).is_banned);
    }

    #[test]
    fn other_ends_do_not_count_towards_a_ban() {
        let ends = [
            ended(Outcome::OverBudget, Cleanup::Unwound, Mode::Guarded),
            ended(Outcome::OverBudget, Cleanup::Discarded, Mode::Discard),
            ended(Outcome::Fault, Cleanup::Discarded, Mode::Inject),
            ended(Outcome::Ok, Cleanup::Returned, Mode::Guarded),
        ];
        let expected =
            ServiceStatistics { ended: 4, over_budget: 2, ..ServiceStatistics::default() };
        assert_eq!(after(&ends, Some(1)), expected);
    }
}
