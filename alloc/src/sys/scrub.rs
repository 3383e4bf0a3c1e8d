//! Making used memory zero again: what [`Scrub`] planned, applied.

use core::ptr::NonNull;

use super::region::Region;
use crate::plan::Scrub;

/// Gives pages back to the operating system. The arena itself makes no system call.
pub trait PageSource {
    /// Gives the memory of `bytes` bytes from `start` back, so that they read as zeros and take no
    /// memory until they are used again; both are multiples of [`PAGE_BYTES`](crate::PAGE_BYTES).
    /// False if that failed: the arena then zeroes them itself.
    ///
    /// On Linux: `madvise(start, bytes, MADV_DONTNEED)` of a private anonymous mapping, see
    /// madvise(2).
    ///
    /// # Safety
    /// The pages lie in the arena's region, and their contents are not needed.
    unsafe fn release(&mut self, start: NonNull<u8>, bytes: usize) -> bool;
}

/// Applies `plan` to `region`. Costs nothing for empty ranges.
///
/// # Safety
/// The plan's ranges lie in `region`, and their contents are not needed.
#[inline]
pub(crate) unsafe fn scrub(region: &Region, plan: Scrub, pages: &mut impl PageSource) {
    let start = region.addresses().start;
    let at = |address: usize| region.base().as_ptr().wrapping_add(address - start);
    if !plan.zero.is_empty() {
        // SAFETY: the range lies in the region, which is writable; nobody needs its contents.
        unsafe { at(plan.zero.start).write_bytes(0, plan.zero.len()) };
    }
    if plan.release.is_empty() {
        return;
    }
    let Some(first) = NonNull::new(at(plan.release.start)) else { return };
    // SAFETY: as above; the plan rounds this range to whole pages.
    let is_released = unsafe { pages.release(first, plan.release.len()) };
    if !is_released {
        // SAFETY: as above.
        unsafe { first.write_bytes(0, plan.release.len()) };
    }
}
