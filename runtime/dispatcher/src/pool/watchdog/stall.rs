//! Whether a worker that does not answer is at fault, or had no processor to answer with. Pure.
//!
//! ```text
//!  patience is over: is it asleep? ── yes ─▶ at fault
//!      │ no                                   ▲ it used processor time since then, enough to answer
//!      └─▶ asked again, every 10 ms ──────────┤
//!                                             └ none of that for 10 s: nobody's fault, but others wait
//! ```
//!
//! Who was stopped (SIGSTOP), or whose processor has too much to do, cannot answer. One that sleeps was signalled
//! again and again, and would have been woken.

use crate::pool::execution::Execution;
use crate::pool::watchdog::reason::{Reason, STALL_LIMIT_NS};

/// The processor time in which a worker answers, whatever it was about, except for scrubbing.
const ANSWER_NS: u64 = 50_000_000;

/// A worker that did not answer, when that was first found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stall {
    since_ns: u64,
    used_ns: u64,
}

impl Stall {
    pub(crate) fn new(now_ns: u64, execution: Execution) -> Self {
        Self { since_ns: now_ns, used_ns: execution.used_ns }
    }

    /// Why it is to be killed now, if it is; `reason` is what it did not do, and `scrub_ns` what scrubbing its
    /// memory may take.
    pub(crate) fn judge(
        self,
        now_ns: u64,
        execution: Execution,
        scrub_ns: u64,
        reason: Reason,
    ) -> Option<Reason> {
        let used_ns = execution.used_ns.saturating_sub(self.used_ns);
        if execution.is_asleep || used_ns >= ANSWER_NS.saturating_add(scrub_ns) {
            return Some(reason);
        }
        let is_too_long = now_ns.saturating_sub(self.since_ns) >= STALL_LIMIT_NS;
        is_too_long.then_some(Reason::Stalled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRUB_NS: u64 = 1_000_000;

    fn judged(after_ns: u64, used_ns: u64, is_asleep: bool) -> Option<Reason> {
        let stall = Stall::new(7, Execution { is_asleep: false, used_ns: 500 });
        let execution = Execution { is_asleep, used_ns: 500 + used_ns };
        stall.judge(7 + after_ns, execution, SCRUB_NS, Reason::NeverEnded)
    }

    #[test]
    fn worker_that_gets_no_processor_time_is_not_at_fault_until_others_have_waited_long() {
        assert_eq!(judged(STALL_LIMIT_NS - 1, 0, false), None);
        assert_eq!(judged(STALL_LIMIT_NS - 1, ANSWER_NS, false), None, "it may be scrubbing");
        assert_eq!(judged(STALL_LIMIT_NS, 0, false), Some(Reason::Stalled));
    }

    #[test]
    fn worker_that_had_processor_time_or_sleeps_is_at_fault() {
        let at_fault = Some(Reason::NeverEnded);
        assert_eq!(judged(1, ANSWER_NS + SCRUB_NS, false), at_fault);
        assert_eq!(judged(0, 0, true), at_fault);
    }
}
