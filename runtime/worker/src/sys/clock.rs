//! The node's clock, as the dispatcher set it: see [`mote_abi::clock`].

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

use mote_abi::clock::{TscScale, TscScaleCell, ticks, ticks_in_order};
use rustix::time::{ClockId, clock_gettime};

static TSC_SCALE: TscScaleCell = TscScaleCell::new();

/// What services are told is a multiple of this, unless it is 0.
static STEP_NS: AtomicU32 = AtomicU32::new(0);

/// Sets the scale, and the step of services' clocks, once, before anything asks for the time.
pub fn prepare(tsc_scale: TscScale, step_ns: u32) {
    TSC_SCALE.set(tsc_scale);
    STEP_NS.store(if step_ns > 1 { step_ns } else { 0 }, Relaxed);
}

/// Now, as services are told.
#[inline]
#[must_use]
pub fn service_now_ns() -> u64 {
    match STEP_NS.load(Relaxed) {
        0 => now_ns(),
        step_ns => rounded(now_ns(), step_ns),
    }
}

#[cold]
fn rounded(now_ns: u64, step_ns: u32) -> u64 {
    now_ns - now_ns % u64::from(step_ns)
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
