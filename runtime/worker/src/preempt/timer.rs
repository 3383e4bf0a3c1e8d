//! The worker's own timer: it makes a handler look at the clock when nobody else does.
//!
//! | duty | expires | for |
//! | --- | --- | --- |
//! | every | each period, unless the worker sleeps | the periodic source (at the quantum); the backstop of the watchdog (seldom) |
//! | once | at the deadlines of each invocation, and at the end of each slice | the one-shot source |
//!
//! A repeating timer is left running from one invocation to the next, so the warm path makes no system
//! call for it. It stops when it finds the worker asleep, and the next invocation starts it again: an
//! idle worker is woken once by it, and then left alone. Handlers call [`expired`] only.

use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use mote_abi::area::ONE_SHOT;
use mote_sigctx::preempt::Deadline;
use mote_sigctx::signal::Errno;
use mote_sigctx::timer::{Setting, Timer};

use crate::preempt::current::CURRENT;
use crate::sys::clock::now_ns;
use crate::sys::exit::abort;

/// The timer and its duty.
#[derive(Debug)]
struct Alarm {
    timer: Timer,
    duty: Duty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Duty {
    /// Expires every so many nanoseconds.
    Every(u64),
    /// Is set for each deadline.
    Once,
}

static ALARM: spin::Once<Alarm> = spin::Once::new();

/// Whether a repeating timer runs.
static IS_RUNNING: AtomicBool = AtomicBool::new(false);

/// Whether the worker sleeps, or is about to.
static IS_PARKED: AtomicBool = AtomicBool::new(false);

/// Creates the timer, with a period of `timer_us` microseconds or for [`ONE_SHOT`].
///
/// # Errors
/// The kernel's.
pub fn prepare(timer_us: u32) -> Result<(), Errno> {
    let duty = match timer_us {
        ONE_SHOT => Duty::Once,
        period_us => Duty::Every(u64::from(period_us) * 1000),
    };
    let timer = Timer::new()?;
    ALARM.call_once(|| Alarm { timer, duty });
    Ok(())
}

/// An invocation begins, and [`CURRENT`] knows its deadlines.
#[inline]
pub fn begin() {
    match ALARM.get() {
        Some(Alarm { duty: Duty::Every(_), .. }) if IS_RUNNING.load(Relaxed) => {}
        Some(alarm) => alarm.start(),
        None => {}
    }
}

/// The worker is about to sleep, or is awake again.
pub fn set_parked(is_parked: bool) {
    IS_PARKED.store(is_parked, Relaxed);
}

/// The timer expired. If an invocation runs: which of its deadlines has passed, and the time.
pub fn expired(deadline: Option<(Deadline, u64)>) {
    let Some(alarm) = ALARM.get() else { return };
    match (alarm.duty, deadline) {
        (Duty::Once, Some((deadline, now_ns))) => {
            if let Some(next_ns) = after(deadline, now_ns) {
                alarm.set(until(next_ns));
            }
        }
        (Duty::Every(_), None) if IS_PARKED.load(Relaxed) => {
            IS_RUNNING.store(false, Relaxed);
            alarm.set(Setting::Off);
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

impl Alarm {
    #[cold]
    fn start(&self) {
        match self.duty {
            Duty::Once => self.set(until(CURRENT.look_ns(0))),
            Duty::Every(ns) => {
                IS_RUNNING.store(true, Relaxed);
                self.set(Setting::Every(ns));
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
