//! The one clock: CLOCK_MONOTONIC, read through the vDSO, the same in dispatcher and workers.

use rustix::time::{ClockId, clock_gettime};

/// Now, in nanoseconds. Async-signal-safe: the vDSO only reads.
#[inline]
#[must_use]
pub fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}
