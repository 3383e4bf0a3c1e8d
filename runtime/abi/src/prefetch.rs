//! Asking for a cache line before it is needed. Source: Intel SDM 2B, "PREFETCHh".

use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// Bytes of a cache line.
pub const LINE_BYTES: u64 = 64;

/// Asks for the line at `address`, which may be any: a hint that is wrong costs only itself.
#[inline]
pub fn line(address: u64) {
    // SAFETY: prefetching reads nothing that the program sees, and faults at no address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address as *const i8) };
}
