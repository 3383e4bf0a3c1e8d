//! What a waiting dispatcher does between two fruitless ticks: spin or sleep.
//!
//! Spinning takes a completion within a cache line's way; sleeping costs no processor. On a machine
//! with one processor spinning would keep the worker from running, so it always sleeps there.

use std::io;
use std::num::NonZeroU64;

/// This close to a deadline it spins: waking up from a timer takes tens of microseconds.
const NEAR_NS: u64 = 100_000;

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitAction {
    Spin,
    Sleep,
}

/// How patient a node's dispatcher is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitPolicy {
    /// Whether anybody else can run while it spins.
    pub(crate) may_spin: bool,
    /// How long it spins without anything happening, in nanoseconds.
    pub(crate) spin_ns: u64,
}

impl WaitPolicy {
    /// How long before a deadline a sleep must end, in nanoseconds: it spins from there on.
    pub(crate) fn lead_ns(&self) -> u64 {
        if self.may_spin { NEAR_NS } else { 0 }
    }

    /// Nothing has happened for `fruitless_ns`; the next deadline is `deadline_in_ns` away.
    pub(crate) fn rest(&self, fruitless_ns: u64, deadline_in_ns: Option<u64>) -> WaitAction {
        let is_near = deadline_in_ns.is_some_and(|away_ns| away_ns < NEAR_NS);
        if self.may_spin && (fruitless_ns < self.spin_ns || is_near) {
            WaitAction::Spin
        } else {
            WaitAction::Sleep
        }
    }
}

/// The calling thread's sleeps end when they are due and not 50 µs later, until this is dropped.
/// Source: PR_SET_TIMERSLACK in prctl(2).
#[derive(Debug)]
pub(crate) struct SharpTimers {
    before_ns: Option<NonZeroU64>,
}

impl SharpTimers {
    pub(crate) fn set() -> io::Result<Self> {
        let before_ns = NonZeroU64::new(rustix::thread::current_timer_slack()?);
        rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?;
        Ok(Self { before_ns })
    }
}

impl Drop for SharpTimers {
    fn drop(&mut self) {
        // A value that the kernel gave is one that it takes.
        let _restored = rustix::thread::set_current_timer_slack(self.before_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_CPUS: WaitPolicy = WaitPolicy { may_spin: true, spin_ns: 1_000 };

    #[test]
    fn dispatcher_spins_first_and_then_sleeps() {
        assert_eq!(TWO_CPUS.rest(999, None), WaitAction::Spin);
        assert_eq!(TWO_CPUS.rest(1_000, None), WaitAction::Sleep);
        assert_eq!(TWO_CPUS.rest(1_000, Some(NEAR_NS)), WaitAction::Sleep);
    }

    #[test]
    fn dispatcher_spins_when_a_deadline_is_near() {
        assert_eq!(TWO_CPUS.rest(u64::MAX, Some(NEAR_NS - 1)), WaitAction::Spin);
        assert_eq!(TWO_CPUS.lead_ns(), NEAR_NS);
    }

    #[test]
    fn dispatcher_never_spins_when_there_is_one_processor() {
        let one_cpu = WaitPolicy { may_spin: false, ..TWO_CPUS };
        assert_eq!(one_cpu.rest(0, None), WaitAction::Sleep);
        assert_eq!(one_cpu.rest(0, Some(0)), WaitAction::Sleep);
        assert_eq!(one_cpu.lead_ns(), 0, "it sleeps until the deadline itself");
    }

    #[test]
    fn timer_slack_is_restored_when_dropped() {
        let before = rustix::thread::current_timer_slack().unwrap();
        let sharp = SharpTimers::set().unwrap();
        assert_eq!(rustix::thread::current_timer_slack().unwrap(), 1);
        drop(sharp);
        assert_eq!(rustix::thread::current_timer_slack().unwrap(), before);
    }
}
