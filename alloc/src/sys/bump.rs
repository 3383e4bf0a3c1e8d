//! The bump heap: bumpalo over one chunk that fills the region, with marks of our own.
//!
//! ```text
//!  chunk base              floor          mark                     top
//!  │ never handed out      │ free         │ handed out             │ footer │
//!  │ beyond the limit      │ limit_bytes ─┼──────────────────────▶ │ 48 B   │ 16 B unused
//!                                         ◀── each block is put below the last
//! ```
//!
//! bumpalo keeps its own mark in the footer, which lies in the region and which a broken service can
//! overwrite. So its answers are compared with where our mark says the block must lie, and the limit
//! is ours too: bumpalo is never asked for what does not fit, so it never asks for a second chunk.

use core::alloc::Layout;
use core::mem;
use core::ops::Range;
use core::ptr::{self, NonNull};

use bumpalo::Bump;

use super::chunk_source::{Chunk, ChunkSource};
use crate::error::ArenaError;
use crate::plan::{BUMP_OVERHEAD_BYTES, place_below};

/// bumpalo, its one chunk, and our marks (addresses).
#[derive(Debug)]
pub(crate) struct BumpHeap {
    /// Never dropped while a chunk is out: dropping it would believe the footer.
    bump: mem::ManuallyDrop<Bump>,
    source: &'static ChunkSource,
    chunk: Chunk,
    capacity_bytes: usize,
    top: usize,
    floor: usize,
    mark: usize,
}

impl BumpHeap {
    /// Takes the whole region of `region_bytes` from `base`, by way of `source`.
    ///
    /// The capacity is chosen such that bumpalo's rounding ends at the region's: bumpalo asks for
    /// `capacity + 64`, rounded up to a page, less 16 (see `new_chunk_memory_details` there).
    ///
    /// # Safety
    /// Nobody uses the region, and nobody else asks `source`.
    pub(crate) unsafe fn new(
        source: &'static ChunkSource,
        base: NonNull<u8>,
        region_bytes: usize,
    ) -> Result<Self, ArenaError> {
        let capacity_bytes = region_bytes - BUMP_OVERHEAD_BYTES;
        // SAFETY: by the contract.
        unsafe { source.offer(base, region_bytes) };
        let bump = Bump::try_with_capacity(capacity_bytes);
        let (Some(chunk), Ok(bump)) = (source.close(), bump) else {
            return Err(ArenaError::SourceNotAsked { bytes: capacity_bytes });
        };
        if bump.chunk_capacity() != capacity_bytes {
            return Err(ArenaError::SourceNotAsked { bytes: capacity_bytes });
        }
        let top = chunk.base.addr().get() + capacity_bytes;
        let bump = mem::ManuallyDrop::new(bump);
        Ok(Self { bump, source, chunk, capacity_bytes, top, floor: top, mark: top })
    }

    /// Lets blocks of `limit_bytes` together be taken.
    #[inline]
    pub(crate) fn set_limit(&mut self, limit_bytes: usize) {
        self.floor = self.top - limit_bytes.min(self.capacity_bytes);
    }

    /// What may be taken, in bytes.
    pub(crate) fn limit_bytes(&self) -> usize {
        self.top - self.floor
    }

    /// What has been taken, in bytes, with the padding between blocks. It only grows.
    #[inline]
    pub(crate) fn used_bytes(&self) -> usize {
        self.top - self.mark
    }

    /// The addresses that have been taken, up to and with the footer; empty if none were.
    pub(crate) fn used(&self) -> Range<usize> {
        let end = if self.mark == self.top { self.top } else { self.top + BUMP_OVERHEAD_BYTES };
        self.mark..end
    }

    /// A block for a `layout` that is not empty; null if it is past the limit, or if bumpalo would put
    /// it elsewhere than our mark says (its footer has been overwritten).
    #[inline]
    pub(crate) fn alloc(&mut self, layout: Layout) -> *mut u8 {
        let Some(start) = place_below(self.mark, self.floor, layout) else {
            return ptr::null_mut();
        };
        match self.bump.try_alloc_layout(layout) {
            Ok(block) if block.addr().get() == start => {
                self.mark = start;
                block.as_ptr()
            }
            _ => ptr::null_mut(),
        }
    }

    /// As [`BumpHeap::alloc`], zeroed. It does not rely on earlier scrubbing: a broken service may
    /// have written beyond its blocks, where a scrub does not look.
    #[inline]
    pub(crate) fn alloc_zeroed(&mut self, layout: Layout) -> *mut u8 {
        let block = self.alloc(layout);
        if !block.is_null() {
            // SAFETY: `alloc` returned a block of this many bytes.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    /// Gives the chunk back and forgets every block. Until [`BumpHeap::refill`] the heap has nothing,
    /// and the region is the arena's to scrub.
    pub(crate) fn empty(&mut self) {
        // Dropping the old `Bump` would give back what its footer says, which may be garbage. So it is
        // overwritten by one that has no chunk, and the chunk is given back as we know it.
        self.bump = mem::ManuallyDrop::new(Bump::new());
        // SAFETY: the chunk was allocated with this layout, by `new` or `refill`; the arena calls this
        // and `refill` in turn, so it is given back once for each time it was taken.
        unsafe { alloc::alloc::dealloc(self.chunk.base.as_ptr(), self.chunk.layout) };
    }

    /// Takes the chunk again, as in [`BumpHeap::new`], with a limit of 0.
    pub(crate) fn refill(&mut self) {
        // SAFETY: `empty` gave the chunk back, nobody uses it since, and by the contract of `new`
        // nobody else asks.
        unsafe { self.source.offer(self.chunk.base, self.capacity_bytes + BUMP_OVERHEAD_BYTES) };
        // The same question has the same answer as in `new`. Had it not, `alloc` would refuse.
        let bump = Bump::try_with_capacity(self.capacity_bytes).unwrap_or_default();
        self.source.close();
        self.bump = mem::ManuallyDrop::new(bump);
        self.floor = self.top;
        self.mark = self.top;
    }
}
