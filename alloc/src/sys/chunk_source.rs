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
    /// Size and alignment that the piece was last asked with; size 0 if it was not since the offer.
    asked: [AtomicUsize; 2],
}

/// The piece, as it was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    /// Its first byte.
    pub(super) base: NonNull<u8>,
    /// What it was asked with, to be given back with the same.
    pub(super) layout: Layout,
}

impl ChunkSource {
    /// A source that has nothing to give yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            base: AtomicPtr::new(ptr::null_mut()),
            bytes: AtomicUsize::new(0),
            is_offered: AtomicBool::new(false),
            asked: [AtomicUsize::new(0), AtomicUsize::new(0)],
        }
    }

    /// Puts the `bytes` bytes from `base` on offer.
    ///
    /// # Safety
    /// They are a region's ([`Region::new`](crate::Region::new)), and nobody uses it: if it was given
    /// before, it has been given back since.
    pub(super) unsafe fn offer(&self, base: NonNull<u8>, bytes: usize) {
        self.base.store(base.as_ptr(), Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
        self.asked[0].store(0, Ordering::Relaxed);
        self.is_offered.store(true, Ordering::Release);
    }

    /// Ends the offer. The piece, if somebody took it.
    pub(super) fn close(&self) -> Option<Chunk> {
        self.is_offered.store(false, Ordering::Release);
        let [size, align] = self.asked.each_ref().map(|number| number.load(Ordering::Relaxed));
        let base = NonNull::new(self.base.load(Ordering::Relaxed))?;
        let layout = Layout::from_size_align(size, align).ok()?;
        (size > 0).then_some(Chunk { base, layout })
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
        self.asked[0].store(layout.size(), Ordering::Relaxed);
        self.asked[1].store(layout.align(), Ordering::Relaxed);
        base
    }

    /// Does nothing: the arena knows when it gives the piece back, and offers it again itself.
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
