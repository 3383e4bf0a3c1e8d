//! What the signal handlers know of the running invocation: a few atomics, written by the worker
//! between invocations and by handlers during one.

use core::sync::atomic::Ordering::{Relaxed, Release, SeqCst};
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64};

use mote_abi::message::{Invoke, NOT_PREEMPTED};
use mote_abi::outcome::{Mode, Outcome};
use mote_sigctx::preempt::{AtDeadline, Deadline};

/// The running invocation of this worker.
pub static CURRENT: Current = Current::new();

/// See [`CURRENT`].
#[derive(Debug)]
pub struct Current {
    /// Its sequence number; 0 between invocations, and then no signal does anything.
    sequence: AtomicU64,
    soft_ns: AtomicU64,
    hard_ns: AtomicU64,
    at_deadline: AtomicU8,
    is_raised: AtomicBool,
    /// An [`Outcome`], decided when something other than returning ends the service.
    verdict: AtomicU8,
    late_ns: AtomicU32,
    acted_ns: AtomicU64,
    stale_signals: AtomicU32,
}

impl Current {
    const fn new() -> Self {
        Self {
            sequence: AtomicU64::new(0),
            soft_ns: AtomicU64::new(u64::MAX),
            hard_ns: AtomicU64::new(u64::MAX),
            at_deadline: AtomicU8::new(AtDeadline::Discard as u8),
            is_raised: AtomicBool::new(false),
            verdict: AtomicU8::new(Outcome::Ok as u8),
            late_ns: AtomicU32::new(NOT_PREEMPTED),
            acted_ns: AtomicU64::new(0),
            stale_signals: AtomicU32::new(0),
        }
    }

    /// An invocation begins. Its sequence number is set last (`Release` binds the compiler; a handler
    /// runs on the same processor), because it is what handlers ask first.
    #[inline]
    pub fn begin(&self, sequence: u64, entered_ns: u64, invoke: &Invoke) {
        let soft_ns = entered_ns.saturating_add(u64::from(invoke.budget_us) * 1000);
        self.soft_ns.store(soft_ns, Relaxed);
        self.hard_ns.store(soft_ns.saturating_add(u64::from(invoke.grace_us) * 1000), Relaxed);
        self.at_deadline.store(at_deadline(invoke.mode()) as u8, Relaxed);
        self.is_raised.store(false, Relaxed);
        self.verdict.store(Outcome::Ok as u8, Relaxed);
        self.late_ns.store(NOT_PREEMPTED, Relaxed);
        self.sequence.store(sequence, Release);
    }

    /// The invocation is over: signals for it are stale.
    #[inline]
    pub fn end(&self) {
        self.sequence.store(0, Relaxed);
    }

    /// The running invocation's sequence number; 0 if none runs.
    #[inline]
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence.load(Relaxed)
    }

    /// Moves the deadlines of the running invocation.
    #[cfg(feature = "torture")]
    pub fn set_deadlines(&self, soft_ns: u64, hard_ns: u64) {
        self.soft_ns.store(soft_ns, Relaxed);
        self.hard_ns.store(hard_ns, Relaxed);
    }

    /// Which deadline has passed at `now_ns`.
    #[must_use]
    pub fn deadline(&self, now_ns: u64) -> Deadline {
        Deadline::passed(now_ns, self.soft_ns.load(Relaxed), self.hard_ns.load(Relaxed))
    }

    /// When the service's budget ends, on the node's clock, in nanoseconds.
    #[must_use]
    pub fn soft_ns(&self) -> u64 {
        self.soft_ns.load(Relaxed)
    }

    /// When its grace ends, on the node's clock, in nanoseconds.
    #[must_use]
    pub fn hard_ns(&self) -> u64 {
        self.hard_ns.load(Relaxed)
    }

    /// What the soft deadline does.
    #[must_use]
    pub fn at_deadline(&self) -> AtDeadline {
        match self.at_deadline.load(Relaxed) {
            0 => AtDeadline::WaitForCall,
            1 => AtDeadline::RaiseHere,
            _ => AtDeadline::Discard,
        }
    }

    /// Whether a raise is under way or done.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.is_raised.load(Relaxed)
    }

    /// A raise begins: there will be no other. Handlers see this before anything that follows.
    pub fn set_raised(&self) {
        self.is_raised.store(true, SeqCst);
    }

    /// A handler acted at `now_ns` on `deadline`.
    pub fn note_action(&self, now_ns: u64, deadline: Deadline) {
        let due = if deadline == Deadline::Hard { &self.hard_ns } else { &self.soft_ns };
        self.late_ns.store(saturating_ns(now_ns.saturating_sub(due.load(Relaxed))), Relaxed);
        self.acted_ns.store(now_ns, Relaxed);
    }

    /// From the deadline to the handler that acted last, and when that was.
    #[must_use]
    pub fn action(&self) -> Option<(u32, u64)> {
        let late_ns = self.late_ns.load(Relaxed);
        (late_ns != NOT_PREEMPTED).then(|| (late_ns, self.acted_ns.load(Relaxed)))
    }

    /// Sets the outcome for the case that the service does not return. A refused allocation sets it
    /// too: what the service does next shows whether it mattered.
    pub fn judge(&self, outcome: Outcome) {
        self.verdict.store(outcome as u8, Relaxed);
    }

    /// What was decided; `Ok` if nothing was.
    #[must_use]
    pub fn verdict(&self) -> Outcome {
        Outcome::from_byte(self.verdict.load(Relaxed)).unwrap_or(Outcome::Fault)
    }

    /// Counts a signal that was meant for another invocation, or came early.
    pub fn note_stale(&self) -> u32 {
        self.stale_signals.fetch_add(1, Relaxed).wrapping_add(1)
    }
}

/// `ns` as a message carries it, short of the mark for "not preempted".
#[must_use]
pub fn saturating_ns(ns: u64) -> u32 {
    u32::try_from(ns).unwrap_or(NOT_PREEMPTED).min(NOT_PREEMPTED - 1)
}

fn at_deadline(mode: Mode) -> AtDeadline {
    match mode {
        Mode::Guarded => AtDeadline::WaitForCall,
        Mode::Inject => AtDeadline::RaiseHere,
        Mode::Discard => AtDeadline::Discard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Current {
        let current = Current::new();
        let invoke = Invoke { budget_us: 10, grace_us: 5, mode: 0, ..Invoke::default() };
        current.begin(7, 1_000, &invoke);
        current
    }

    #[test]
    fn deadlines_count_from_the_entry() {
        let current = begun();
        assert_eq!(current.deadline(10_999), Deadline::None);
        assert_eq!(current.deadline(11_000), Deadline::Soft);
        assert_eq!(current.deadline(16_000), Deadline::Hard);
    }

    #[test]
    fn lateness_is_of_the_deadline_acted_on() {
        let current = begun();
        assert_eq!(current.action(), None);
        current.note_action(11_300, Deadline::Soft);
        assert_eq!(current.action(), Some((300, 11_300)));
        current.note_action(16_040, Deadline::Hard);
        assert_eq!(current.action(), Some((40, 16_040)));
    }

    #[test]
    fn new_invocation_forgets_the_last() {
        let current = begun();
        current.set_raised();
        current.judge(Outcome::OverBudget);
        current.note_action(12_000, Deadline::Soft);
        current.end();
        assert_eq!(current.sequence(), 0);
        current.begin(8, 2_000, &Invoke { mode: 2, ..Invoke::default() });
        assert_eq!(
            (current.is_raised(), current.verdict(), current.action()),
            (false, Outcome::Ok, None)
        );
        assert_eq!(current.at_deadline(), AtDeadline::Discard);
    }

    #[test]
    fn no_lateness_is_mistaken_for_none() {
        assert_eq!(saturating_ns(u64::MAX), NOT_PREEMPTED - 1);
        assert_eq!(saturating_ns(u64::from(NOT_PREEMPTED)), NOT_PREEMPTED - 1);
        assert_eq!(saturating_ns(5), 5);
    }
}
