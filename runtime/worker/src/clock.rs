//! The node's clock, as the dispatcher set it: see [`mote_abi::clock`].

use mote_abi::clock::{Tempo, TempoCell, ticks, ticks_in_order};
use rustix::time::{ClockId, clock_gettime};

static TEMPO: TempoCell = TempoCell::new();

/// Sets the tempo, once, before anything asks for the time.
pub fn prepare(tempo: Tempo) {
    TEMPO.set(tempo);
}

/// Now, in nanoseconds, after everything before it in the program. Async-signal-safe: it only reads.
#[inline]
#[must_use]
pub fn now_ns() -> u64 {
    shown(ticks_in_order)
}

/// Now, or some ten nanoseconds before what precedes it in the program is done: see
/// [`mote_abi::clock::ticks`].
#[inline]
#[must_use]
pub fn about_now_ns() -> u64 {
    shown(ticks)
}

/// CLOCK_MONOTONIC now, in nanoseconds.
#[cold]
fn kernels_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

#[inline]
fn shown(ticks: impl FnOnce() -> u64) -> u64 {
    let tempo = TEMPO.get();
    if tempo.counts() { tempo.ns(ticks()) } else { kernels_ns() }
}
