//! A program like the worker: a global allocator that asks a chunk source first, and one arena.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::ptr::{self, NonNull};
use std::rc::Rc;

use mote_alloc::{Arena, ArenaError, ChunkSource, HeapKind, PAGE_BYTES, PageSource, Region};

pub(crate) const BOTH_HEAPS: [HeapKind; 2] = [HeapKind::Bump, HeapKind::General];

/// The end of the region that is bumpalo's own: its footer.
pub(crate) const FOOTER_BYTES: usize = 64;

thread_local! {
    /// The source that this thread's allocations are offered to, and what it has to give.
    static ROUTE: Cell<Option<(&'static ChunkSource, usize, usize)>> = const { Cell::new(None) };
}

/// Asks the thread's chunk source, then the system. The worker has the source alone; here the test
/// harness allocates too.
struct Router;

#[global_allocator]
static ROUTER: Router = Router;

// SAFETY: passes everything on to two allocators, and a block back to where it came from: only the
// source's blocks lie in its region.
unsafe impl GlobalAlloc for Router {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some((source, ..)) = ROUTE.get() {
            // SAFETY: the caller's contract is the same.
            let block = unsafe { source.alloc(layout) };
            if !block.is_null() {
                return block;
            }
        }
        // SAFETY: the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match ROUTE.get() {
            Some((source, start, end)) if (start..end).contains(&block.addr()) => {
                // SAFETY: the block is the source's, as it lies in its region.
                unsafe { source.dealloc(block, layout) };
            }
            // SAFETY: the block is the system's.
            _ => unsafe { System.dealloc(block, layout) },
        }
    }
}

/// Offers this thread's allocations to `source` from now on.
pub(crate) fn route(source: &'static ChunkSource, region: Range<usize>) {
    ROUTE.set(Some((source, region.start, region.end)));
}

/// What the arena gave back, for the test to look at.
pub(crate) type Released = Rc<RefCell<Vec<Range<usize>>>>;

/// How [`Released`] is filled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// With the kernel's help, as in the worker.
    Madvise,
    /// Never: each request fails.
    Refuse,
}

pub(crate) struct TestPages(Release, Released);

impl PageSource for TestPages {
    unsafe fn release(&mut self, start: NonNull<u8>, bytes: usize) -> bool {
        let address = start.addr().get();
        self.1.borrow_mut().push(address..address + bytes);
        if self.0 == Release::Refuse {
            return false;
        }
        let advice = rustix::mm::Advice::LinuxDontNeed;
        // SAFETY: the range is part of a private anonymous mapping, and its contents are not needed.
        unsafe { rustix::mm::madvise(start.as_ptr().cast(), bytes, advice) }.is_ok()
    }
}

/// An arena at a fixed address, its region, and what it gave back.
pub(crate) struct Fixture {
    pub(crate) arena: Box<Arena<TestPages>>,
    pub(crate) released: Released,
    base: NonNull<u8>,
    bytes: usize,
}

impl Fixture {
    /// Over a region of `bytes` bytes; the thread's only one from now on.
    pub(crate) fn new(bytes: usize) -> Self {
        Self::with(bytes, Release::Madvise)
    }

    pub(crate) fn with(bytes: usize, release: Release) -> Self {
        let source = Box::leak(Box::new(ChunkSource::new()));
        let base = map(bytes);
        route(source, base.addr().get()..base.addr().get() + bytes);
        let released = Released::default();
        let pages = TestPages(release, released.clone());
        let arena =
            arena_over(base, bytes, source, pages).expect("the region and source are right");
        Self { arena: Box::new(arena), released, base, bytes }
    }

    /// The region's bytes without the footer. The arena must be idle.
    pub(crate) fn bytes_at_rest(&mut self) -> &[u8] {
        let tenant_bytes = self.bytes - FOOTER_BYTES;
        // SAFETY: mapped for good, and the arena, which is borrowed, does not write meanwhile.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), tenant_bytes) }
    }

    /// Whether no tenant's byte is left in the region.
    pub(crate) fn is_zero(&mut self) -> bool {
        // SAFETY: every bit pattern is a u64.
        let (before, words, after) = unsafe { self.bytes_at_rest().align_to::<u64>() };
        words.iter().all(|&word| word == 0) && before.iter().chain(after).all(|&byte| byte == 0)
    }

    /// Overwrites the whole region, as a service with a wild pointer might.
    pub(crate) fn fill_with_garbage(&mut self) {
        // SAFETY: mapped for good and writable; that the arena does not expect it is the point.
        unsafe { self.base.write_bytes(0xA5, self.bytes) };
    }

    /// Replaces each of bumpalo's own words that equals `old`.
    pub(crate) fn replace_in_footer(&mut self, old: usize, new: usize) -> usize {
        let first = self.bytes - FOOTER_BYTES;
        // SAFETY: the footer's bytes are the region's last.
        let footer = unsafe { self.base.add(first) }.cast::<[usize; FOOTER_BYTES / 8]>();
        // SAFETY: aligned, mapped, and nobody else looks meanwhile.
        let words = unsafe { &mut *footer.as_ptr() };
        let found = words.iter_mut().filter(|word| **word == old);
        found.map(|word| *word = new).count()
    }
}

/// Fresh zeroed pages that stay mapped.
pub(crate) fn map(bytes: usize) -> NonNull<u8> {
    use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
    let access = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping, wherever the kernel likes.
    let base = unsafe { mmap_anonymous(ptr::null_mut(), bytes, access, MapFlags::PRIVATE) };
    NonNull::new(base.expect("memory").cast()).expect("not at address 0")
}

/// An arena over `bytes` mapped bytes from `base`.
pub(crate) fn arena_over(
    base: NonNull<u8>,
    bytes: usize,
    source: &'static ChunkSource,
    pages: TestPages,
) -> Result<Arena<TestPages>, ArenaError> {
    // SAFETY: `map` made it; the tests use no more than the blocks, or mean to break it.
    let region = unsafe { Region::new(base, bytes) };
    // SAFETY: the fixture boxes the arena, and the tests discard when they are done with the blocks.
    unsafe { Arena::new(region, source, pages) }
}

/// A page source for arenas that never get to work.
pub(crate) fn no_pages() -> TestPages {
    TestPages(Release::Refuse, Released::default())
}

pub(crate) fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a valid layout")
}

/// The smallest region for `limit_bytes`.
pub(crate) fn region_for(limit_bytes: usize) -> usize {
    let bytes = Region::bytes_for(limit_bytes);
    assert!(bytes.is_multiple_of(PAGE_BYTES));
    bytes
}

/// Writes `size` bytes that are `seed`'s alone.
pub(crate) fn write(block: *mut u8, size: usize, seed: u8) {
    for offset in 0..size {
        // SAFETY: the callers pass a live block of `size` bytes.
        unsafe { block.wrapping_add(offset).write(pattern(seed, offset)) };
    }
}

/// Whether the first `size` bytes are still what [`write`] wrote.
pub(crate) fn holds(block: *const u8, size: usize, seed: u8) -> bool {
    // SAFETY: the callers pass a live block of at least `size` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(block, size) };
    bytes.iter().enumerate().all(|(offset, &byte)| byte == pattern(seed, offset))
}

/// Whether the first `size` bytes are zeros.
pub(crate) fn holds_zeros(block: *const u8, size: usize) -> bool {
    // SAFETY: the callers pass a live block of at least `size` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(block, size) };
    bytes.iter().all(|&byte| byte == 0)
}

/// Never zero, so that a zeroed block is told from a written one.
fn pattern(seed: u8, offset: usize) -> u8 {
    (seed ^ (offset as u8)) | 1
}
