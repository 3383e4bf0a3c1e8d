//! The node's clock: nanoseconds that dispatcher, workers and services agree on.
//!
//! ```text
//!  time-stamp counter ──▶ TscScale::ns ──▶ nanoseconds      9 ns, 18 ns in order
//!  clock_gettime(CLOCK_MONOTONIC), where there is no such counter        23 ns
//! ```
//!
//! A warm start takes so little time that asking the kernel's clock would be most of it. Where the
//! kernel itself keeps time by the processor's counter, everybody on a node reads that counter and
//! converts it by the same [`TscScale`], which the dispatcher measures once against CLOCK_MONOTONIC. So
//! the node's clock starts as CLOCK_MONOTONIC and then keeps its own pace: it is not slewed, and after
//! an hour it may differ from the kernel's by some ten milliseconds. Who gives the kernel a time gives
//! it a distance from now. (Times above: a 2-vCPU virtual machine.)
//!
//! Source: Intel SDM 3B, 18.17 "Time-Stamp Counter", 18.17.1 "Invariant TSC"; SDM 2B, "RDTSC" for the
//! order of a reading; Linux, `Documentation/virt/kvm/x86/timekeeping.rst`.

use core::arch::x86_64::{_mm_lfence, _rdtsc};

use crate::sync::{AtomicU64, Ordering};

/// Bits of [`TscScale::ns_per_tick`] behind the point.
const FRACTION_BITS: u32 = 32;

/// How ticks of the time-stamp counter become nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TscScale {
    base: Reading,
    /// With [`FRACTION_BITS`] bits behind the point; 0 where the counter is not to be used.
    ns_per_tick: u64,
}

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The time-stamp counter.
    pub ticks: u64,
    /// CLOCK_MONOTONIC, in nanoseconds.
    pub ns: u64,
}

impl TscScale {
    /// The counter is not to be used.
    pub const FALLBACK: Self = Self { base: Reading { ticks: 0, ns: 0 }, ns_per_tick: 0 };

    /// The scale that both readings bear out; [`TscScale::FALLBACK`] if the counter stood still between
    /// them, went back, or is slower than once in 2^32 nanoseconds.
    #[must_use]
    pub fn between(first: Reading, second: Reading) -> Self {
        let ticks = second.ticks.saturating_sub(first.ticks);
        let ns = second.ns.saturating_sub(first.ns);
        let scaled = u128::from(ns) << FRACTION_BITS;
        let ns_per_tick = scaled.checked_div(u128::from(ticks)).and_then(|it| it.try_into().ok());
        Self { base: first, ns_per_tick: ns_per_tick.unwrap_or(0) }
    }

    /// Whether the time-stamp counter is to be used.
    #[inline]
    #[must_use]
    pub const fn is_usable(&self) -> bool {
        self.ns_per_tick != 0
    }

    /// The node's clock now: by the counter, which `ticks` reads, or else by `fallback`.
    #[inline]
    #[must_use]
    pub fn read(&self, ticks: impl FnOnce() -> u64, fallback: impl FnOnce() -> u64) -> u64 {
        if self.is_usable() { self.ns(ticks()) } else { fallback() }
    }

    /// What the node's clock shows at `ticks`; before the base, the base. It wraps with a u64 of
    /// nanoseconds, after 584 years.
    #[inline]
    #[must_use]
    pub const fn ns(&self, ticks: u64) -> u64 {
        let since = ticks.saturating_sub(self.base.ticks) as u128;
        let ns = (since * self.ns_per_tick as u128) >> FRACTION_BITS;
        self.base.ns.wrapping_add(ns as u64)
    }
}

/// A [`TscScale`] in shared or static memory, written before anybody reads it.
#[derive(Debug, Default)]
#[repr(C)]
pub struct TscScaleCell {
    base_ticks: AtomicU64,
    base_ns: AtomicU64,
    ns_per_tick: AtomicU64,
}

impl TscScaleCell {
    /// Holds [`TscScale::FALLBACK`].
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            base_ticks: AtomicU64::new(0),
            base_ns: AtomicU64::new(0),
            ns_per_tick: AtomicU64::new(0),
        }
    }

    /// Writes it.
    pub fn set(&self, tsc_scale: TscScale) {
        self.base_ticks.store(tsc_scale.base.ticks, Ordering::Relaxed);
        self.base_ns.store(tsc_scale.base.ns, Ordering::Relaxed);
        self.ns_per_tick.store(tsc_scale.ns_per_tick, Ordering::Relaxed);
    }

    /// Reads it.
    #[inline]
    #[must_use]
    pub fn get(&self) -> TscScale {
        TscScale {
            base: Reading {
                ticks: self.base_ticks.load(Ordering::Relaxed),
                ns: self.base_ns.load(Ordering::Relaxed),
            },
            ns_per_tick: self.ns_per_tick.load(Ordering::Relaxed),
        }
    }
}

/// The time-stamp counter after everything before it in the program.
#[inline]
#[must_use]
pub fn ticks_in_order() -> u64 {
    // SAFETY: SSE2 is part of x86-64, and the instruction orders, nothing else.
    unsafe { _mm_lfence() };
    ticks()
}

/// The time-stamp counter. The processor may read it some ten nanoseconds before what stands before it
/// in the program is done, so a stamp of an *arrival* taken with it may be early by that much.
#[inline]
#[must_use]
pub fn ticks() -> u64 {
    // SAFETY: the instruction only reads; Linux lets processes execute it unless they asked otherwise
    // (PR_SET_TSC).
    unsafe { _rdtsc() }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: Reading = Reading { ticks: 1_000_000, ns: 5_000_000_000 };

    fn after(ticks: u64, ns: u64) -> Reading {
        Reading { ticks: BASE.ticks + ticks, ns: BASE.ns + ns }
    }

    #[test]
    fn scale_is_what_the_readings_bear_out() {
        let tsc_scale = TscScale::between(BASE, after(2_600_000, 1_000_000));
        assert!(tsc_scale.is_usable());
        assert_eq!(tsc_scale.ns(BASE.ticks), BASE.ns);
        let hour_ns = 3_600_000_000_000;
        let read_ns = tsc_scale.ns(BASE.ticks + 2_600 * 3_600_000_000) - BASE.ns;
        assert!(read_ns.abs_diff(hour_ns) < 3_000, "{read_ns}");
    }

    #[test]
    fn counter_is_not_used_when_it_stands_still_or_goes_back() {
        assert!(!TscScale::between(BASE, BASE).is_usable());
        assert!(!TscScale::between(after(10, 10), BASE).is_usable());
        assert!(!TscScale::between(BASE, after(1, u64::MAX / 2)).is_usable());
        assert!(!TscScale::FALLBACK.is_usable());
    }

    #[test]
    fn clock_does_not_go_back_before_its_base() {
        let tsc_scale = TscScale::between(BASE, after(2_600_000, 1_000_000));
        assert_eq!(tsc_scale.ns(0), BASE.ns);
    }

    #[test]
    fn cell_keeps_what_it_was_given() {
        let cell = TscScaleCell::new();
        assert_eq!(cell.get(), TscScale::FALLBACK);
        let tsc_scale = TscScale::between(BASE, after(26, 10));
        cell.set(tsc_scale);
        assert_eq!(cell.get(), tsc_scale);
    }

    proptest! {
        #[test]
        fn clock_never_goes_back_for_centuries(rate in 1_u64..10_000, a: u64, b: u64) {
            let tsc_scale = TscScale::between(BASE, after(rate * 1_000, 1_000_000));
            // 2^63 ns are 292 years.
            let most = (u128::from(rate) << 63) / 1_000;
            let [a, b] = [a, b].map(|ticks| (u128::from(ticks) % most) as u64);
            let (early, late) = (a.min(b), a.max(b));
            prop_assert!(tsc_scale.ns(early) <= tsc_scale.ns(late));
        }
    }
}
