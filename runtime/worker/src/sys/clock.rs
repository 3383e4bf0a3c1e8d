//! The node's clock, as the dispatcher set it: see [`mote_abi::clock`].

use mote_abi::clock::{TscScale, TscScaleCell, ticks, ticks_in_order};
use rustix::time::{ClockId, clock_gettime};

static TSC_SCALE: TscScaleCell = TscScaleCell::new();

/// Sets the scale, once, before anything asks for the time.
pub fn prepare(tsc_scale: TscScale) {
    TSC_SCALE.set(tsc_scale);
}

/// Now, in nanoseconds, after everything before it in the program. Async-signal-safe: it only reads.
#[inline]
#[must_use]
pub fn now_ns() -> u64 {
    TSC_SCALE.get().read(ticks_in_order, fallback_ns)
}

/// Now, or some ten nanoseconds before what precedes it in the program is done: see
/// [`mote_abi::clock::ticks`].
#[inline]
#[must_use]
pub fn about_now_ns() -> u64 {
    TSC_SCALE.get().read(ticks, fallback_ns)
}

/// CLOCK_MONOTONIC now, in nanoseconds.
#[cold]
fn fallback_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}
