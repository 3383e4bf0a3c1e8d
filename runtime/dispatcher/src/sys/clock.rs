//! The node's clock ([`mote_abi::clock`]): the processor's counter where the kernel trusts it too.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mote_abi::clock::{Reading, TscScale, ticks, ticks_in_order};

/// Where Linux says by what it keeps time.
const CLOCK_SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// Between the two readings that give the scale: an error of 20 ns in either is then 10 parts in a
/// million.
const MEASURED: Duration = Duration::from_millis(2);

/// Of so many readings the one that was taken in the shortest time is used: nothing interrupted it.
const TRIES: usize = 16;

static TSC_SCALE: OnceLock<TscScale> = OnceLock::new();

/// The scale of the counter that this process's nodes share. The first call takes 2 ms.
pub(crate) fn tsc_scale() -> TscScale {
    *TSC_SCALE.get_or_init(|| if is_trusted() { measure() } else { TscScale::FALLBACK })
}

/// The node's clock, in nanoseconds, after everything before it in the program: that of
/// [`Completed::stamp_ns`](crate::Completed::stamp_ns) and of `now_ns` in a service. It starts as
/// CLOCK_MONOTONIC and then keeps its own pace, so compare times of this clock only. The first call takes
/// 2 ms.
#[inline]
#[must_use]
pub fn now_ns() -> u64 {
    tsc_scale().read(ticks_in_order, monotonic_ns)
}

/// The same, perhaps some ten nanoseconds early: for a stamp of something that follows.
#[inline]
pub(crate) fn about_now_ns() -> u64 {
    tsc_scale().read(ticks, monotonic_ns)
}

/// CLOCK_MONOTONIC, in nanoseconds, through the vDSO. Source: clock_gettime(2), vdso(7).
pub(crate) fn monotonic_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a live timespec that the call may write. With this clock it cannot fail:
    // CLOCK_MONOTONIC exists on every kernel that a node accepts.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Whether the kernel keeps time by the counter: it has then found it to be invariant, and the same on
/// all processors.
fn is_trusted() -> bool {
    std::fs::read_to_string(CLOCK_SOURCE).is_ok_and(|source| source.trim() == "tsc")
}

fn measure() -> TscScale {
    let (first, start) = (reading(), Instant::now());
    while start.elapsed() < MEASURED {
        std::hint::spin_loop();
    }
    TscScale::between(first, reading())
}

/// Both clocks at one moment: the middle of the two looks at the counter.
fn reading() -> Reading {
    let tries = (0..TRIES).map(|_| {
        let (before, ns, after) = (ticks_in_order(), monotonic_ns(), ticks_in_order());
        (after.saturating_sub(before), Reading { ticks: before.midpoint(after), ns })
    });
    tries.min_by_key(|(taken, _)| *taken).map(|(_, reading)| reading).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_never_goes_back_and_does_go_on() {
        let first = now_ns();
        std::thread::sleep(Duration::from_millis(1));
        assert!(now_ns() >= first + 1_000_000 - 1_000);
    }

    #[test]
    fn clock_goes_as_the_kernel_s_does() {
        let (own, kernels) = (now_ns(), monotonic_ns());
        std::thread::sleep(Duration::from_millis(50));
        let (own, kernels) = (now_ns() - own, monotonic_ns() - kernels);
        // A processor that is taken away between two readings makes them differ, a wrong scale more.
        assert!(own.abs_diff(kernels) < 20_000_000, "{own} ns and {kernels} ns");
    }
}
