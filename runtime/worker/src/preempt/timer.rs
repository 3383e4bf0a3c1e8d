//! The worker's own timer: it makes a handler look at the clock when nobody else does.
//!
//! | kind | expires | for |
//! | --- | --- | --- |
//! | every | each period, unless the worker is parked | the periodic source (at the quantum); the backstop of the watchdog (seldom) |
//! | once | at the deadlines of each invocation, and at the end of each slice | the one-shot source |
//!
//! A repeating timer is left running from one invocation to the next, so the warm path makes no system
//! call for it. It stops when it finds the worker parked, and the next invocation starts it again: an
//! idle worker is woken once by it, and then left alone. One that expires faster than its signals are
//! handled is slowed down ([`Pace`]). Handlers call [`note_overruns`] and [`expired`] only.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use mote_abi::area::ONE_SHOT;
use mote_sigctx::preempt::Deadline;
use mote_sigctx::signal::Errno;
use mote_sigctx::timer::{Setting, Timer};

use crate::preempt::current::CURRENT;
use crate::preempt::pace::Pace;
use crate::sys::clock::now_ns;
use crate::sys::exit::abort;

/// The timer of this process.
#[derive(Debug)]
struct PreemptionTimer {
    timer: Timer,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Expires every so many nanoseconds.
    Every(u64),
    /// Is set for each deadline.
    Once,
}

static TIMER: spin::Once<PreemptionTimer> = spin::Once::new();

/// Whether a repeating timer runs.
static IS_RUNNING: AtomicBool = AtomicBool::new(false);

/// The [`Pace`] of a repeating timer. Only the handler of its signals changes it, which does not nest.
static PACE: AtomicU64 = AtomicU64::new(Pace::new().to_word());

/// Whether the worker is parked, or about to be.
static IS_PARKED: AtomicBool = AtomicBool::new(false);

/// Creates the timer, with a period of `timer_us` microseconds or for [`ONE_SHOT`].
///
/// # Errors
/// The kernel's.
pub fn prepare(timer_us: u32) -> Result<(), Errno> {
    let kind = match timer_us {
        ONE_SHOT => Kind::Once,
        period_us => Kind::Every(u64::from(period_us) * 1000),
    };
    let timer = Timer::new()?;
    TIMER.call_once(|| PreemptionTimer { timer, kind });
    Ok(())
}

/// An invocation begins, and [`CURRENT`] knows its deadlines.
#[inline]
pub fn begin() {
    match TIMER.get() {
        Some(PreemptionTimer { kind: Kind::Every(_), .. }) if IS_RUNNING.load(Relaxed) => {}
        Some(timer) => timer.start(),
        None => {}
    }
}

/// The worker is about to sleep, or is awake again.
pub fn set_parked(is_parked: bool) {
    IS_PARKED.store(is_parked, Relaxed);
}

/// A signal of the timer came, and so many expiries were counted while it waited.
pub fn note_overruns(overruns: u32) {
    let Some(timer) = TIMER.get().filter(|timer| timer.kind != Kind::Once) else { return };
    let mut pace = Pace::from_word(PACE.load(Relaxed));
    let is_another = pace.note(overruns);
    PACE.store(pace.to_word(), Relaxed);
    if is_another {
        timer.start();
    }
}

/// The timer expired. If an invocation runs: which of its deadlines has passed, and the time.
pub fn expired(deadline: Option<(Deadline, u64)>) {
    let Some(timer) = TIMER.get() else { return };
    match (timer.kind, deadline) {
        (Kind::Once, Some((deadline, now_ns))) => {
            if let Some(next_ns) = after(deadline, now_ns) {
                timer.set(until(next_ns));
            }
        }
        (Kind::Every(_), None) if IS_PARKED.load(Relaxed) => {
            IS_RUNNING.store(false, Relaxed);
            timer.set(Setting::Off);
        }
        _ => {}
    }
}

/// When the deadline after `passed` is, at `now_ns`.
fn after(passed: Deadline, now_ns: u64) -> Option<u64> {
    match passed {
        Deadline::None | Deadline::Slice => Some(CURRENT.look_ns(now_ns)),
        Deadline::Soft => Some(CURRENT.hard_ns()),
        Deadline::Hard => None,
    }
}

/// The kernel keeps another clock, so it is told a distance.
fn until(at_ns: u64) -> Setting {
    Setting::In(at_ns.saturating_sub(now_ns()))
}

impl PreemptionTimer {
    #[cold]
    fn start(&self) {
        match self.kind {
            Kind::Once => self.set(until(CURRENT.look_ns(0))),
            Kind::Every(ns) => {
                IS_RUNNING.store(true, Relaxed);
                self.set(Setting::Every(Pace::from_word(PACE.load(Relaxed)).period_ns(ns)));
            }
        }
    }

    /// A worker that cannot set its timer could not be stopped.
    fn set(&self, setting: Setting) {
        if self.timer.set(setting).is_err() {
            abort();
        }
    }
}
