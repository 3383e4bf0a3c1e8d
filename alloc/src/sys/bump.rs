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
//!
//! An empty heap differs from a used one in the footer only, so emptying it is writing the footer as it
//! was when the heap was made. Making bumpalo anew would take more instructions than most services.

use core::alloc::Layout;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::Range;
use core::ptr::{self, NonNull};

use bumpalo::Bump;

use super::chunk_source::ChunkSource;
use crate::error::ArenaError;
use crate::plan::{BUMP_FOOTER_BYTES, BUMP_OVERHEAD_BYTES, place_below};

/// bumpalo's footer, as it lies at the top of the chunk.
type Footer = [MaybeUninit<usize>; BUMP_FOOTER_BYTES / size_of::<usize>()];

/// bumpalo, its one chunk, and our marks (addresses).
#[derive(Debug)]
pub(crate) struct BumpHeap {
    /// Never dropped while a chunk is out: dropping it would believe the footer.
    bump: ManuallyDrop<Bump>,
    /// Where its footer lies.
    footer: NonNull<Footer>,
    /// What the footer holds while the heap is empty.
    pristine: Footer,
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
        // SAFETY: bumpalo's footer lies behind the capacity, in the chunk that it was given; `new` has
        // compared the capacity with the chunk's length.
        let footer = unsafe { chunk.byte_add(capacity_bytes) }.cast::<Footer>();
        // SAFETY: it is that long, aligned to a word, and bumpalo has just written it.
        let pristine = unsafe { footer.read() };
        let top = footer.addr().get();
        let bump = ManuallyDrop::new(bump);
        Ok(Self { bump, footer, pristine, capacity_bytes, top, floor: top, mark: top })
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

    /// Forgets every block, whatever the footer holds now; the limit becomes 0.
    #[inline]
    pub(crate) fn empty(&mut self) {
        // SAFETY:
        // 1. The footer is part of the region, which is this heap's for ever.
        // 2. bumpalo reads it in `alloc` only, and finds there what it wrote when the heap was made:
        //    an empty chunk. Words that are not initialised (padding) stay so.
        unsafe { self.footer.write(self.pristine) };
        self.floor = self.top;
        self.mark = self.top;
    }
}
