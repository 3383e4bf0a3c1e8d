//! When an invocation is looked at, signalled, and given up. Pure: facts and the time go in, an
//! action comes out.
//!
//! ```text
//!  earliest entry          entered                  soft          hard              lost
//!  │ ◀──── budget: no look ────▶│                    │             │                 │
//!  ├────────────┬───────────────┼────────────────────┼─────────────┼─────────────────┤
//!  published    the worker says so: one look         signal …      signal, again     kill
//!                                                    (budget)      and again         (grace + 1 s)
//! ```
//!
//! A look reads a cache line that the worker writes on every entry. So there is none before the
//! budget of an invocation that entered at the earliest possible moment could be over: the line
//! of an in-budget invocation stays where it is, and so it sees no signal either.
//!
//! The worker's handler compares the signal's sequence number and its own clock with the deadlines,
//! so a signal here is a hint that it is time, and one too many does no harm. One too few would: a
//! signal is lost while another of its number is pending. So it is repeated, at growing distances up
//! to the hard deadline and steadily after it.
//! With slices, the end of one is such a time too, while another job waits for this worker: the signal
//! asks it to pause. Nobody is looked at for a slice while nobody waits.
//! Shortly before the soft deadline of an invocation that has run for long, its stop is rehearsed: a processor that
//! did nothing but compute has lost what a trap needs from its caches and translations, the kernel's part above
//! all, and would take 15 µs after 10 ms and 40 after 60, where 2 are enough when all is warm.
//! Where the worker's own timer is the source, the signal is left out and the rest stays: what does
//! not end is killed.

pub(crate) mod reason;
pub(crate) mod stall;

use mote_abi::outcome::Mode;

use crate::job::spec::JobSpec;
use crate::pool::watchdog::reason::{ENTRY_LIMIT_NS, Reason};

/// Between two signals to an invocation that does not end.
pub(crate) const REPEAT_NS: u64 = 200_000;

/// How long after the first signal at the hard deadline a worker is given up. It is then in host
/// code, and cleaning up takes no such time.
pub(crate) const LOST_AFTER_NS: u64 = 1_000_000_000;

/// Between two looks at a worker that does not answer, which may not be its fault.
pub(crate) const LOOK_AGAIN_NS: u64 = 10_000_000;

/// On top of that, for an arena of this many KiB: scrubbing it takes time.
const SCRUB_NS_PER_KIB: u64 = 1_000;

/// The stop of an invocation with a budget of at least this is rehearsed: after less, all is still warm.
const REHEARSED_FROM_NS: u64 = 500_000;

/// So long before the soft deadline: a cold stop is over by then, and little was lost from the caches again.
const REHEARSAL_LEAD_NS: u64 = 40_000;

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Nothing.
    None,
    /// Let the invocation meet a stop that is not due: the next one finds warm caches.
    Rehearse,
    /// Make the invocation look at the clock.
    Stop,
    /// Give the worker up, if its silence is its own fault: it does not answer. Again and again while it is not.
    GiveUp(Reason),
}

/// The durations of one invocation, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// From the entry to the soft deadline.
    pub(crate) budget_ns: u64,
    /// From the soft to the hard deadline.
    pub(crate) grace_ns: u64,
    /// From the first signal after the hard deadline to giving it up.
    pub(crate) lost_after_ns: u64,
    /// From the entry to the end of the slice; `u64::MAX` if there are no slices.
    pub(crate) slice_ns: u64,
}

impl Limits {
    pub(crate) fn of(spec: &JobSpec) -> Self {
        let grace_us = if spec.mode == Mode::Discard { 0 } else { spec.grace_us };
        Self {
            budget_ns: u64::from(spec.budget_us) * 1000,
            grace_ns: u64::from(grace_us) * 1000,
            lost_after_ns: LOST_AFTER_NS + scrub_ns(spec),
            slice_ns: u64::MAX,
        }
    }

    /// How long before the soft deadline the stop is rehearsed.
    fn rehearsal_lead_ns(&self) -> u64 {
        if self.budget_ns < REHEARSED_FROM_NS { 0 } else { REHEARSAL_LEAD_NS }
    }

    /// From an entry until there is something to do, unless a slice ends before.
    fn quiet_ns(&self) -> u64 {
        self.budget_ns - self.rehearsal_lead_ns()
    }

    /// What is left when so much of the budget is spent.
    pub(crate) fn less(self, spent_us: u32) -> Self {
        let budget_ns = self.budget_ns.saturating_sub(u64::from(spent_us) * 1000);
        Self { budget_ns, ..self }
    }
}

/// What scrubbing a job's memory may take.
pub(crate) fn scrub_ns(spec: &JobSpec) -> u64 {
    u64::from(spec.memory_kib) * SCRUB_NS_PER_KIB
}

/// Watches the one invocation of a worker that may be running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watch {
    limits: Limits,
    /// It has not entered its service before this.
    earliest_ns: u64,
    /// Its soft deadline is then if it is not earlier; `u64::MAX` unless it was cancelled.
    cancel_ns: u64,
    state: State,
    /// Nothing is done before this, except for a slice.
    next_ns: u64,
    /// Nothing is done for a slice before this.
    slice_ns: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No look found it in its service; the first such look was then.
    NotSeen { since_ns: Option<u64> },
    /// Its deadlines are known.
    Entered { soft_ns: u64, hard_ns: u64, signalled_ns: Option<u64> },
}

impl Watch {
    /// Watches an invocation that cannot have entered its service before `earliest_ns`.
    pub(crate) fn new(limits: Limits, earliest_ns: u64) -> Self {
        let next_ns = earliest_ns.saturating_add(limits.quiet_ns());
        let slice_ns = earliest_ns.saturating_add(limits.slice_ns);
        let state = State::NotSeen { since_ns: None };
        Self { limits, earliest_ns, cancel_ns: u64::MAX, state, next_ns, slice_ns }
    }

    /// Its soft deadline is `now_ns`, or its entry if that comes later.
    pub(crate) fn cancel(&mut self, now_ns: u64) {
        self.cancel_ns = self.cancel_ns.min(now_ns);
        match &mut self.state {
            State::NotSeen { .. } => self.next_ns = self.next_ns.min(now_ns),
            State::Entered { soft_ns, hard_ns, .. } if now_ns < *soft_ns => {
                *soft_ns = now_ns;
                *hard_ns = now_ns.saturating_add(self.limits.grace_ns);
                self.next_ns = now_ns;
            }
            State::Entered { .. } => {}
        }
    }

    /// When there is something to do at the earliest. `is_waited_for`: another job waits for the same
    /// worker, which could pause this one.
    pub(crate) fn next_ns(&self, is_waited_for: bool) -> u64 {
        if is_waited_for { self.next_ns.min(self.slice_ns) } else { self.next_ns }
    }

    /// One tick at `now_ns`. `look` reads when the invocation entered, if it did.
    pub(crate) fn tick(
        &mut self,
        now_ns: u64,
        is_waited_for: bool,
        look: impl FnOnce() -> Option<u64>,
    ) -> Action {
        if now_ns < self.next_ns(is_waited_for) {
            return Action::None;
        }
        match self.state {
            State::NotSeen { since_ns } => match look() {
                None => self.not_entered(now_ns, since_ns.unwrap_or(now_ns)),
                Some(entered_ns) => self.entered(now_ns, is_waited_for, entered_ns),
            },
            State::Entered { .. } if now_ns < self.next_ns => self.slice_over(now_ns),
            State::Entered { soft_ns, .. } if now_ns < soft_ns => self.rehearse(soft_ns),
            State::Entered { soft_ns, hard_ns, signalled_ns } => {
                self.overdue(now_ns, soft_ns, hard_ns, signalled_ns)
            }
        }
    }

    /// It was not in its service when it was looked at, so it has its whole budget from now.
    fn not_entered(&mut self, now_ns: u64, since_ns: u64) -> Action {
        let limit_ns = since_ns.saturating_add(ENTRY_LIMIT_NS);
        if now_ns >= limit_ns {
            return self.give_up(now_ns, Reason::NeverEntered);
        }
        self.state = State::NotSeen { since_ns: Some(since_ns) };
        let until_look_ns =
            if self.cancel_ns == u64::MAX { self.limits.quiet_ns() } else { REPEAT_NS };
        self.next_ns = now_ns.saturating_add(until_look_ns).min(limit_ns);
        self.slice_ns = now_ns.saturating_add(self.limits.slice_ns);
        Action::None
    }

    /// An entry that cannot be is moved to the earliest that can.
    fn entered(&mut self, now_ns: u64, is_waited_for: bool, alleged_ns: u64) -> Action {
        let is_plausible = (self.earliest_ns..=now_ns).contains(&alleged_ns);
        let entered_ns = if is_plausible { alleged_ns } else { self.earliest_ns };
        let budget_end_ns = entered_ns.saturating_add(self.limits.budget_ns);
        let soft_ns = budget_end_ns.min(self.cancel_ns.max(entered_ns));
        let rehearsal_ns = entered_ns.saturating_add(self.limits.quiet_ns()).min(soft_ns);
        let hard_ns = soft_ns.saturating_add(self.limits.grace_ns);
        self.state = State::Entered { soft_ns, hard_ns, signalled_ns: None };
        self.next_ns = rehearsal_ns;
        self.slice_ns = entered_ns.saturating_add(self.limits.slice_ns);
        if now_ns >= soft_ns {
            return self.overdue(now_ns, soft_ns, hard_ns, None);
        }
        if now_ns >= rehearsal_ns {
            return self.rehearse(soft_ns);
        }
        let is_over = is_waited_for && now_ns >= self.slice_ns;
        if is_over { self.slice_over(now_ns) } else { Action::None }
    }

    fn rehearse(&mut self, soft_ns: u64) -> Action {
        self.next_ns = soft_ns;
        Action::Rehearse
    }

    /// Asks for a pause, and again later: a signal may be lost.
    fn slice_over(&mut self, now_ns: u64) -> Action {
        self.slice_ns = now_ns.saturating_add(REPEAT_NS);
        Action::Stop
    }

    /// `signalled_ns` is when the first signal after the hard deadline was sent: a dispatcher that
    /// was itself away must not kill what it never asked to stop.
    fn overdue(&mut self, now: u64, soft_ns: u64, hard_ns: u64, signalled: Option<u64>) -> Action {
        // Past its budget, an invocation is not paused any more.
        self.slice_ns = u64::MAX;
        if now < hard_ns {
            let distance = REPEAT_NS.max(now - soft_ns);
            self.next_ns = now.saturating_add(distance).min(hard_ns);
            return Action::Stop;
        }
        let signalled_ns = signalled.unwrap_or(now);
        let lost_ns = signalled_ns.saturating_add(self.limits.lost_after_ns);
        if now >= lost_ns {
            return self.give_up(now, Reason::NeverEnded);
        }
        self.state = State::Entered { soft_ns, hard_ns, signalled_ns: Some(signalled_ns) };
        self.next_ns = now.saturating_add(REPEAT_NS).min(lost_ns);
        Action::Stop
    }

    fn give_up(&mut self, now_ns: u64, reason: Reason) -> Action {
        self.next_ns = now_ns.saturating_add(LOOK_AGAIN_NS);
        self.slice_ns = u64::MAX;
        Action::GiveUp(reason)
    }
}

#[cfg(test)]
mod tests;
