//! The general heap: dlmalloc over pages that are handed out upward from the region's start.
//!
//! dlmalloc keeps its headers and lists between the blocks, in the region; its roots, and the mark up
//! to which it was given pages, are here. It gets no page beyond that mark, so nothing beyond needs
//! scrubbing, and a reset is a new value.

use core::alloc::Layout;
use core::cell::Cell;
use core::ops::Range;
use core::ptr::{self, NonNull};

use dlmalloc::{Allocator, Dlmalloc};

use super::region::Region;
use crate::plan::{PAGE_BYTES, general_page_bytes};

/// The part of the region that dlmalloc gets pages of.
#[derive(Debug)]
struct Pages {
    base: NonNull<u8>,
    /// How much there is, in bytes.
    bytes: usize,
    /// How much of it may be taken under the limit, in bytes.
    allowed_bytes: usize,
    /// How much has been taken, in bytes.
    taken_bytes: Cell<usize>,
}

// SAFETY: the pages are part of a `Region`, which may go to another thread.
unsafe impl Send for Pages {}

// SAFETY: what `alloc` returns lies in the region, is zeroed by the scrub that went before, and is
// handed out once: the mark only rises. Nothing is ever taken back.
unsafe impl Allocator for Pages {
    fn alloc(&self, bytes: usize) -> (*mut u8, usize, u32) {
        let taken = self.taken_bytes.get();
        if bytes > self.allowed_bytes.saturating_sub(taken) {
            return (ptr::null_mut(), 0, 0);
        }
        self.taken_bytes.set(taken + bytes);
        (self.base.as_ptr().wrapping_add(taken), bytes, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    /// A broken service may have written beyond its blocks, where a scrub does not look.
    fn allocates_zeros(&self) -> bool {
        false
    }

    fn page_size(&self) -> usize {
        PAGE_BYTES
    }
}

/// dlmalloc, its pages and our counters.
///
/// It must not be moved between its first block and its reset: dlmalloc's lists point into it.
pub(crate) struct GeneralHeap {
    heap: Dlmalloc<Pages>,
    limit_bytes: usize,
    used_bytes: usize,
    peak_bytes: usize,
}

impl GeneralHeap {
    /// An empty heap with a limit of 0 over `region`, all but its last page: the bump heap's footer
    /// lies there.
    pub(crate) fn new(region: &Region) -> Self {
        Self::over(region.base(), region.bytes() - PAGE_BYTES)
    }

    fn over(base: NonNull<u8>, bytes: usize) -> Self {
        let pages = Pages { base, bytes, allowed_bytes: 0, taken_bytes: Cell::new(0) };
        let mut heap = Dlmalloc::new_with_allocator(pages);
        // By default it would take, and the discard scrub, 64 KiB for the first block.
        heap.set_granularity(PAGE_BYTES);
        Self { heap, limit_bytes: 0, used_bytes: 0, peak_bytes: 0 }
    }

    /// Lets blocks of `limit_bytes` together be live.
    #[inline]
    pub(crate) fn set_limit(&mut self, limit_bytes: usize) {
        let pages = self.heap.allocator_mut();
        pages.allowed_bytes = pages.bytes.min(general_page_bytes(limit_bytes));
        self.limit_bytes = limit_bytes.min(pages.bytes);
    }

    /// What may be live at once, in bytes.
    pub(crate) fn limit_bytes(&self) -> usize {
        self.limit_bytes
    }

    /// What is live now, in bytes as asked for.
    pub(crate) fn used_bytes(&self) -> usize {
        self.used_bytes
    }

    /// The most that was live at once, in bytes.
    pub(crate) fn peak_bytes(&self) -> usize {
        self.peak_bytes
    }

    /// The addresses of all pages that were taken.
    pub(crate) fn used(&self) -> Range<usize> {
        let pages = self.heap.allocator();
        let start = pages.base.addr().get();
        start..start + pages.taken_bytes.get()
    }

    /// A block for a `layout` that is not empty; null if it is past the limit or out of pages.
    pub(crate) fn alloc(&mut self, layout: Layout) -> *mut u8 {
        if !self.admits(layout.size()) {
            return ptr::null_mut();
        }
        // SAFETY: the layout is not empty, and its alignment is a power of two.
        let block = unsafe { self.heap.malloc(layout.size(), layout.align()) };
        self.count(block, layout.size())
    }

    /// As [`GeneralHeap::alloc`], zeroed.
    pub(crate) fn alloc_zeroed(&mut self, layout: Layout) -> *mut u8 {
        if !self.admits(layout.size()) {
            return ptr::null_mut();
        }
        // SAFETY: as in `alloc`.
        let block = unsafe { self.heap.calloc(layout.size(), layout.align()) };
        self.count(block, layout.size())
    }

    /// Takes a block back.
    ///
    /// # Panics
    /// If the block's header in the region does not bear the layout's size out.
    ///
    /// # Safety
    /// `block` is live, from this heap since its last reset, of layout `old`, which is not empty.
    pub(crate) unsafe fn dealloc(&mut self, block: *mut u8, old: Layout) {
        // SAFETY: by the contract.
        unsafe { self.heap.free(block, old.size(), old.align()) };
        self.used_bytes = self.used_bytes.saturating_sub(old.size());
    }

    /// Forgets every block, without looking at any.
    pub(crate) fn reset(&mut self) {
        let Pages { base, bytes, .. } = *self.heap.allocator();
        *self = Self::over(base, bytes);
    }

    fn admits(&self, bytes: usize) -> bool {
        bytes <= self.limit_bytes.saturating_sub(self.used_bytes)
    }

    /// Counts `block`, unless it is null, and passes it on.
    fn count(&mut self, block: *mut u8, bytes: usize) -> *mut u8 {
        if !block.is_null() {
            self.used_bytes += bytes;
            self.peak_bytes = self.peak_bytes.max(self.used_bytes);
        }
        block
    }
}
