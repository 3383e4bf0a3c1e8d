//! What the signal handlers know of the running invocation: a few atomics, written by the worker
//! between invocations and by handlers during one.

#[cfg(test)]
mod tests;

use core::ops::Range;
use core::ptr;
use core::sync::atomic::Ordering::{Relaxed, Release, SeqCst};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64};

use mote_abi::message::{Invoke, NOT_PREEMPTED};
use mote_abi::outcome::{Mode, Outcome};
use mote_sigctx::arch::SavedFrame;
use mote_sigctx::preempt::{AtDeadline, Deadline, Deadlines};

use crate::host::stack_slot::Placement;

/// The running invocation of this worker.
pub static CURRENT: Current = Current::new();

/// See [`CURRENT`].
#[derive(Debug)]
pub struct Current {
    /// Its sequence number; 0 between invocations, and then no signal does anything.
    sequence: AtomicU64,
    /// When others may run; `u64::MAX` for never.
    slice_end_ns: AtomicU64,
    /// How long a slice is; `u64::MAX` if there are none, or nowhere to pause.
    slice_ns: AtomicU64,
    soft_ns: AtomicU64,
    hard_ns: AtomicU64,
    at_deadline: AtomicU8,
    is_raised: AtomicBool,
    /// An [`Outcome`], decided when something other than returning ends the service.
    verdict: AtomicU8,
    late_ns: AtomicU32,
    acted_ns: AtomicU64,
    stale_signals: AtomicU32,
    /// Where its image's header is: the zone, and the offset in its read-only window.
    zone: AtomicU8,
    record: AtomicU32,
    /// The stack that services run on.
    stack: [AtomicU64; 2],
    /// Where a service is saved when it is paused; null if it cannot be.
    frame: AtomicPtr<SavedFrame>,
    /// Whether the service is saved there: then it does not run any more.
    is_saved: AtomicBool,
}

/// What begins when service code is about to run: an invocation, or what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSlice {
    /// The sequence number of its request.
    pub sequence: u64,
    /// Now.
    pub entered_ns: u64,
    /// What is left of its budget, in nanoseconds.
    pub budget_ns: u64,
    /// What was decided before.
    pub verdict: Outcome,
}

impl Current {
    const fn new() -> Self {
        Self {
            sequence: AtomicU64::new(0),
            slice_end_ns: AtomicU64::new(u64::MAX),
            slice_ns: AtomicU64::new(u64::MAX),
            soft_ns: AtomicU64::new(u64::MAX),
            hard_ns: AtomicU64::new(u64::MAX),
            at_deadline: AtomicU8::new(AtDeadline::Discard as u8),
            is_raised: AtomicBool::new(false),
            verdict: AtomicU8::new(Outcome::Ok as u8),
            late_ns: AtomicU32::new(NOT_PREEMPTED),
            acted_ns: AtomicU64::new(0),
            stale_signals: AtomicU32::new(0),
            zone: AtomicU8::new(0),
            record: AtomicU32::new(0),
            stack: [const { AtomicU64::new(0) }; 2],
            frame: AtomicPtr::new(ptr::null_mut()),
            is_saved: AtomicBool::new(false),
        }
    }

    /// A time slice begins. Its sequence number is set last (`Release` binds the compiler; a handler runs on
    /// the same processor), because it is what handlers ask first.
    #[inline]
    pub fn begin(&self, slice: &TimeSlice, invoke: &Invoke) {
        let soft_ns = slice.entered_ns.saturating_add(slice.budget_ns);
        let slice_ns = self.slice_ns.load(Relaxed);
        self.slice_end_ns.store(slice.entered_ns.saturating_add(slice_ns), Relaxed);
        self.soft_ns.store(soft_ns, Relaxed);
        self.hard_ns.store(soft_ns.saturating_add(u64::from(invoke.grace_us) * 1000), Relaxed);
        self.at_deadline.store(at_deadline(invoke.mode()) as u8, Relaxed);
        self.is_raised.store(false, Relaxed);
        self.verdict.store(slice.verdict as u8, Relaxed);
        self.late_ns.store(NOT_PREEMPTED, Relaxed);
        self.zone.store(invoke.zone, Relaxed);
        self.record.store(invoke.record, Relaxed);
        self.sequence.store(slice.sequence, Release);
    }

    /// Where the running image's header is: the zone, and the offset in its read-only window.
    #[must_use]
    pub fn image(&self) -> (u8, u32) {
        (self.zone.load(Relaxed), self.record.load(Relaxed))
    }

    /// Between invocations: where the next one runs.
    pub fn set_placement(&self, placement: &Placement) {
        self.stack[0].store(placement.stack.start, Relaxed);
        self.stack[1].store(placement.stack.end, Relaxed);
        self.slice_ns.store(placement.slice_ns, Relaxed);
        self.frame.store(placement.frame, Relaxed);
    }

    /// The stack that services run on.
    #[must_use]
    pub fn stack(&self) -> Range<u64> {
        self.stack[0].load(Relaxed)..self.stack[1].load(Relaxed)
    }

    /// Where the running service is saved when it is paused; null if it cannot be.
    #[must_use]
    pub fn frame(&self) -> *mut SavedFrame {
        self.frame.load(Relaxed)
    }

    /// The service is saved, or is being saved: from now on, no handler touches its frame.
    pub fn set_saved(&self, is_saved: bool) {
        self.is_saved.store(is_saved, SeqCst);
    }

    /// Whether the service is saved and does not run any more.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        self.is_saved.load(Relaxed)
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

    /// The soft deadline of the running invocation is `now_ns`, unless it has passed.
    pub fn cancel(&self, now_ns: u64) {
        let left_ns = self.soft_ns().saturating_sub(now_ns);
        self.soft_ns.store(self.soft_ns().saturating_sub(left_ns), Relaxed);
        self.hard_ns.store(self.hard_ns().saturating_sub(left_ns), Relaxed);
    }

    /// Moves the deadlines of the running invocation.
    #[cfg(feature = "torture")]
    pub fn set_deadlines(&self, soft_ns: u64, hard_ns: u64) {
        self.soft_ns.store(soft_ns, Relaxed);
        self.hard_ns.store(hard_ns, Relaxed);
    }

    /// Ends the slice of the running invocation at `now_ns`.
    #[cfg(feature = "torture")]
    pub fn end_slice(&self, now_ns: u64) {
        self.slice_end_ns.store(now_ns, Relaxed);
    }

    /// Which deadline has passed at `now_ns`.
    #[must_use]
    pub fn deadline(&self, now_ns: u64) -> Deadline {
        let deadlines = Deadlines {
            slice_ns: self.slice_end_ns.load(Relaxed),
            soft_ns: self.soft_ns.load(Relaxed),
            hard_ns: self.hard_ns.load(Relaxed),
        };
        deadlines.passed(now_ns)
    }

    /// When to look at the clock again, before the soft deadline, at `now_ns`: at the end of a slice,
    /// or of another one's time if nobody was waiting then.
    #[must_use]
    pub fn look_ns(&self, now_ns: u64) -> u64 {
        let end_ns = self.slice_end_ns.load(Relaxed);
        let next_ns = if now_ns < end_ns {
            end_ns
        } else {
            now_ns.saturating_add(self.slice_ns.load(Relaxed))
        };
        next_ns.min(self.soft_ns())
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

    /// Sets the outcome for the case that the service does not return. One that did what it must not
    /// stays that, whatever ends it then.
    pub fn judge(&self, outcome: Outcome) {
        if self.verdict() != Outcome::Fault {
            self.verdict.store(outcome as u8, Relaxed);
        }
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
