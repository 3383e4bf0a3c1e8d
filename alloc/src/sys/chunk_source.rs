//! The global allocator of a program that allocates nothing but bumpalo's one chunk.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use super::region::Region;
use crate::error::ArenaError;

/// A global allocator that has one piece to give: the region of an [`Arena`](crate::Arena).
///
/// Its only customer is bumpalo, which takes its chunks from the global allocator. The arena puts the
/// piece on offer just when bumpalo asks; whoever asks at any other time gets null. It takes no lock
/// and makes no system call.
///
/// ```
/// // In the worker: #[global_allocator]
/// static CHUNKS: mote_alloc::ChunkSource = mote_alloc::ChunkSource::new();
/// ```
#[derive(Debug)]
pub struct ChunkSource {
    /// The region's first byte; null until an arena provides it.
    base: AtomicPtr<u8>,
    /// The region's length, in bytes.
    bytes: AtomicUsize,
    /// Whether the next to ask gets the piece.
    is_offered: AtomicBool,
    /// Whether somebody took it.
    is_taken: AtomicBool,
}

impl ChunkSource {
    /// A source that has nothing to give yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            base: AtomicPtr::new(ptr::null_mut()),
            bytes: AtomicUsize::new(0),
            is_offered: AtomicBool::new(false),
            is_taken: AtomicBool::new(false),
        }
    }

    /// Names the piece, once and for all. It is not on offer yet.
    pub(crate) fn provide(&self, region: &Region) -> Result<(), ArenaError> {
        let base = region.base().as_ptr();
        let none = ptr::null_mut();
        self.base
            .compare_exchange(none, base, Ordering::AcqRel, Ordering::Acquire)
            .map_err(|held| ArenaError::SourceInUse { address: held.addr() })?;
        self.bytes.store(region.bytes(), Ordering::Relaxed);
        Ok(())
    }

    /// Puts the piece on offer.
    ///
    /// # Safety
    /// A region was provided, and nobody uses the piece: it was not on offer before.
    pub(super) unsafe fn offer(&self) {
        self.is_offered.store(true, Ordering::Release);
    }

    /// Ends the offer. The piece's first byte, if somebody took it.
    pub(super) fn close(&self) -> Option<NonNull<u8>> {
        self.is_offered.store(false, Ordering::Release);
        let base = NonNull::new(self.base.load(Ordering::Relaxed))?;
        self.is_taken.load(Ordering::Relaxed).then_some(base)
    }
}

impl Default for ChunkSource {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY:
// 1. What `alloc` returns lies in a region that is mapped until the process ends (`Region::new`), and
//    is large and aligned enough: both are compared.
// 2. It is not given twice: only the caller that turns `is_offered` off gets it, and it is turned on
//    only while nobody has it, by the contract of `offer`.
// 3. Nothing here panics.
unsafe impl GlobalAlloc for ChunkSource {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.base.load(Ordering::Relaxed);
        let fits = layout.size() <= self.bytes.load(Ordering::Relaxed)
            && base.addr().is_multiple_of(layout.align());
        if !fits || !self.is_offered.swap(false, Ordering::Acquire) {
            return ptr::null_mut();
        }
        self.is_taken.store(true, Ordering::Relaxed);
        base
    }

    /// Does nothing: an arena keeps its piece for ever.
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
