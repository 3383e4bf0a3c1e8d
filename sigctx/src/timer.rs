//! The timer of a process that preempts itself: it sends [`PREEMPT`] without a value, so a handler
//! decides by its own clock.
//!
//! Its signal is never lost: the kernel keeps one queue entry for each timer, and counts expiries that
//! find it queued already. Source: timer_create(2), timer_settime(2), sigevent(3type).

use linux_raw_sys::general as kernel;

use crate::arch::{syscall3, syscall4};
use crate::signal::{Errno, PREEMPT, check};

const NS_PER_S: u64 = 1_000_000_000;

/// Flags of timer_settime(2): times are distances from now.
const RELATIVE: usize = 0;

/// `struct sigevent`.
#[repr(C)]
struct SigEvent {
    value: u64,
    signal: u32,
    notify: u32,
    unused: [u64; 6],
}

/// `struct itimerspec`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
struct TimerSpec {
    interval_s: u64,
    interval_ns: u64,
    value_s: u64,
    value_ns: u64,
}

/// When a timer expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Never.
    Off,
    /// Each time that so many nanoseconds have passed, from now; not 0.
    Every(u64),
    /// Once, when so many nanoseconds have passed, from now; at once for 0.
    In(u64),
}

/// A timer of this process on CLOCK_MONOTONIC.
#[derive(Debug)]
pub struct Timer {
    id: usize,
}

impl Timer {
    /// A timer that is off.
    ///
    /// # Errors
    /// The kernel's, when it has no memory for it.
    pub fn new() -> Result<Self, Errno> {
        let event =
            SigEvent { value: 0, signal: PREEMPT, notify: kernel::SIGEV_SIGNAL, unused: [0; 6] };
        let mut id = 0_i32;
        let (event, to) = (&raw const event as usize, &raw mut id as usize);
        // SAFETY: both structures are the kernel's and outlive the call, which writes `id` only.
        check(unsafe {
            syscall3(kernel::__NR_timer_create, kernel::CLOCK_MONOTONIC as usize, event, to)
        })?;
        Ok(Self { id: id as usize })
    }

    /// Sets when it expires; what was set before is forgotten. Async-signal-safe.
    ///
    /// # Errors
    /// The kernel's; there is none for a [`Setting`] within its bounds.
    pub fn set(&self, setting: Setting) -> Result<(), Errno> {
        let spec = planned(setting);
        let spec = &raw const spec as usize;
        // SAFETY: the structure is the kernel's and outlives the call, which writes nothing.
        check(unsafe { syscall4(kernel::__NR_timer_settime, self.id, RELATIVE, spec, 0) })
    }
}

/// The times that the kernel is given: two zeros would turn the timer off.
fn planned(setting: Setting) -> TimerSpec {
    let (interval, value) = match setting {
        Setting::Off => (0, 0),
        Setting::Every(ns) => (ns, ns),
        Setting::In(ns) => (0, ns.max(1)),
    };
    TimerSpec {
        interval_s: interval / NS_PER_S,
        interval_ns: interval % NS_PER_S,
        value_s: value / NS_PER_S,
        value_ns: value % NS_PER_S,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_is_the_kernels() {
        assert_eq!(size_of::<SigEvent>(), size_of::<kernel::sigevent>());
        assert_eq!(size_of::<TimerSpec>(), size_of::<kernel::itimerspec>());
    }

    #[test]
    fn times_are_split_into_seconds_and_nanoseconds() {
        let spec = planned(Setting::Every(2_000_000_003));
        let expected = TimerSpec { interval_s: 2, interval_ns: 3, value_s: 2, value_ns: 3 };
        assert_eq!(spec, expected);
        let spec = planned(Setting::In(1_000_000_007));
        assert_eq!(spec, TimerSpec { value_s: 1, value_ns: 7, ..TimerSpec::default() });
        assert_eq!(planned(Setting::Off), TimerSpec::default());
        assert_ne!(planned(Setting::In(0)), TimerSpec::default(), "that would be never");
    }
}
