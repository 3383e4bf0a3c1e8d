//! The global allocator of a program that allocates nothing but bumpalo's one chunk.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

/// A global allocator that has one piece to give at a time: the region of an [`Arena`](crate::Arena).
///
/// Its only customer is bumpalo, which takes its chunks from the global allocator. An arena puts its
/// region on offer just when bumpalo asks; whoever asks at any other time gets null. It takes no lock
/// and makes no system call. Any number of arenas may share a source, if they are made and discarded
/// one at a time.
///
/// ```
/// // In the worker: #[global_allocator]
/// static CHUNKS: mote_alloc::ChunkSource = mote_alloc::ChunkSource::new();
/// ```
#[derive(Debug)]
pub struct ChunkSource {
    /// The first byte of the region that was last on offer; null if none ever was.
    base: AtomicPtr<u8>,
    /// That region's length, in bytes.
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

    /// Puts the `bytes` bytes from `base` on offer.
    ///
    /// # Safety
    /// They are a region's ([`Region::new`](crate::Region::new)), and nobody uses it: it was not on
    /// offer before.
    pub(super) unsafe fn offer(&self, base: NonNull<u8>, bytes: usize) {
        self.base.store(base.as_ptr(), Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
        self.is_taken.store(false, Ordering::Relaxed);
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
