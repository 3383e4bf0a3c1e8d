//! The arena: one heap at a time, behind one type. The worker calls it; it calls `sys`.

use core::alloc::Layout;
use core::fmt;
use core::ops::Range;
use core::ptr;

use crate::error::ArenaError;
use crate::plan::{KEPT_BYTES, Scrub};
use crate::sys::{BumpHeap, ChunkSource, GeneralHeap, PageSource, Region, scrub};

/// The heap of an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeapKind {
    /// Freeing does nothing; the fastest.
    Bump,
    /// Freed memory is used again, for services that allocate and free a lot.
    General,
}

/// The memory of one invocation after the other, over one [`Region`].
///
/// Blocks do not change their size: a service copies into another block in its own text, where a long
/// copy is preempted like anything else.
///
/// It is empty, with a limit of 0, until [`Arena::begin`] and again from [`Arena::discard`].
pub struct Arena<P> {
    bump: BumpHeap,
    general: GeneralHeap,
    region: Region,
    pages: P,
    heap: HeapKind,
    has_begun: bool,
}

impl<P: PageSource> Arena<P> {
    /// An empty arena over `region`. `chunks` is the program's global allocator, or what that asks.
    ///
    /// # Errors
    /// If the region is not whole pages or too small, or `chunks` was not asked for bumpalo's chunk.
    ///
    /// # Safety
    /// 1. From a [`begin`](Arena::begin) to the next [`discard`](Arena::discard) the arena is not
    ///    moved: dlmalloc's lists point into it.
    /// 2. Nothing but bumpalo asks `chunks` for memory while an arena is made, and arenas that share it
    ///    are made one at a time.
    /// 3. It is discarded only when the invocation has ended: nothing uses its blocks any more.
    #[allow(unsafe_code, reason = "the contract is the caller's")]
    pub unsafe fn new(
        region: Region,
        chunks: &'static ChunkSource,
        pages: P,
    ) -> Result<Self, ArenaError> {
        region.check()?;
        // SAFETY: nobody uses the region (`Region::new`), and nobody else asks (this contract).
        let bump = unsafe { BumpHeap::new(chunks, region.base(), region.bytes()) }?;
        let general = GeneralHeap::new(&region);
        Ok(Self { bump, general, region, pages, heap: HeapKind::Bump, has_begun: false })
    }

    /// Starts an invocation with an empty `heap` and a limit of `limit_bytes`, or of what the region
    /// can hold if that is less. O(1), a few stores; what was left from before is discarded.
    #[inline]
    pub fn begin(&mut self, heap: HeapKind, limit_bytes: usize) {
        if self.has_begun {
            self.discard();
        }
        self.has_begun = true;
        self.heap = heap;
        match heap {
            HeapKind::Bump => self.bump.set_limit(limit_bytes),
            HeapKind::General => self.general.set_limit(limit_bytes),
        }
    }

    /// A block for `layout`; null if it does not fit under the limit.
    ///
    /// An empty layout gets a pointer that is aligned and points to nothing. The block's contents are
    /// whatever was there: zeros, unless this invocation or a broken one wrote there.
    #[inline]
    pub fn alloc(&mut self, layout: Layout) -> *mut u8 {
        if layout.size() == 0 {
            return nothing(layout);
        }
        match self.heap {
            HeapKind::Bump => self.bump.alloc(layout),
            HeapKind::General => self.general.alloc(layout),
        }
    }

    /// As [`Arena::alloc`], zeroed.
    #[inline]
    pub fn alloc_zeroed(&mut self, layout: Layout) -> *mut u8 {
        if layout.size() == 0 {
            return nothing(layout);
        }
        match self.heap {
            HeapKind::Bump => self.bump.alloc_zeroed(layout),
            HeapKind::General => self.general.alloc_zeroed(layout),
        }
    }

    /// Takes a block back; on the bump heap, does nothing.
    ///
    /// # Panics
    /// On the general heap, if the block's header in the region does not bear the layout out.
    ///
    /// # Safety
    /// `block` is live, from this arena since its last `begin`, of this `layout`.
    #[inline]
    #[allow(unsafe_code, reason = "the contract is the caller's")]
    pub unsafe fn dealloc(&mut self, block: *mut u8, layout: Layout) {
        if layout.size() == 0 || self.heap == HeapKind::Bump {
            return;
        }
        // SAFETY: by the contract; blocks of an empty layout, which the heap does not know, are out.
        unsafe { self.general.dealloc(block, layout) };
    }

    /// Ends the invocation: forgets every block and makes what was used zero again.
    ///
    /// O(1) plus the scrubbing of what was used: up to [`KEPT_BYTES`] are zeroed, the pages beyond
    /// are given back. Nothing in the region is read, let alone trusted.
    #[inline]
    pub fn discard(&mut self) {
        if !self.has_begun {
            return;
        }
        self.has_begun = false;
        self.scrub();
        self.bump.empty();
        if self.heap == HeapKind::General {
            self.general.reset();
        }
    }

    /// Whether there is nothing to scrub: no block was taken since the arena began or was discarded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bump.used().is_empty() && self.general.used().is_empty()
    }

    /// What the invocation holds now, in bytes: on the bump heap everything it ever took, with the
    /// padding between blocks; on the general heap the live blocks, as they were asked for.
    #[must_use]
    pub fn used_bytes(&self) -> usize {
        match self.heap {
            HeapKind::Bump => self.bump.used_bytes(),
            HeapKind::General => self.general.used_bytes(),
        }
    }

    /// The most that [`Arena::used_bytes`] was since `begin`.
    #[must_use]
    pub fn peak_bytes(&self) -> usize {
        match self.heap {
            HeapKind::Bump => self.bump.used_bytes(),
            HeapKind::General => self.general.peak_bytes(),
        }
    }

    /// The limit of [`Arena::used_bytes`]; 0 outside an invocation.
    ///
    /// On the general heap the pages taken are limited too, to twice this and one, so a service whose
    /// memory is badly fragmented may be refused below it.
    #[must_use]
    pub fn limit_bytes(&self) -> usize {
        match self.heap {
            HeapKind::Bump => self.bump.limit_bytes(),
            HeapKind::General => self.general.limit_bytes(),
        }
    }

    /// The region's addresses: a block lies in them, whatever the heap.
    #[must_use]
    #[inline]
    pub fn addresses(&self) -> Range<usize> {
        self.region.addresses()
    }

    #[allow(unsafe_code, reason = "scrubs what the heaps say they used")]
    #[inline]
    fn scrub(&mut self) {
        let Range { start, end } = self.region.addresses();
        let kept_bytes = KEPT_BYTES.min(end - start);
        let plan = match self.heap {
            HeapKind::Bump => Scrub::plan(self.bump.used(), end - kept_bytes..end),
            HeapKind::General => Scrub::plan(self.general.used(), start..start + kept_bytes),
        };
        // SAFETY:
        // 1. The heaps only use the region, and `kept_bytes` are no more than it has.
        // 2. The invocation is over by the contract of `new`, and the bump heap's footer, which is
        //    scrubbed too, is written anew before bumpalo looks at it.
        unsafe { scrub(&self.region, plan, &mut self.pages) };
    }
}

impl<P> fmt::Debug for Arena<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arena").field("region", &self.region).field("heap", &self.heap).finish()
    }
}

/// What an empty layout gets: aligned, not null, and never to be read or written.
fn nothing(layout: Layout) -> *mut u8 {
    ptr::without_provenance_mut(layout.align())
}
