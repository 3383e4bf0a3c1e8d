//! Giving memory back to the kernel. Source: madvise(2), `MADV_DONTNEED`.

use core::ptr::NonNull;

use mote_alloc::PageSource;
use rustix::mm::{Advice, madvise};

/// Bytes of a page.
pub const PAGE_BYTES: usize = 4096;

/// The pages of an arena.
#[derive(Debug)]
pub struct ArenaPages;

impl PageSource for ArenaPages {
    unsafe fn release(&mut self, start: NonNull<u8>, bytes: usize) -> bool {
        // SAFETY: the arena's region is a private anonymous mapping, and the arena gives only what it
        // does not need.
        unsafe { release(start, bytes) }
    }
}

/// Gives whole pages back; they read as zeros afterwards. False if the kernel refused.
///
/// # Safety
/// The range lies in private anonymous memory of this worker, and what it holds is not needed.
#[must_use]
pub unsafe fn release(start: NonNull<u8>, bytes: usize) -> bool {
    // SAFETY: passed on to the caller.
    unsafe { madvise(start.as_ptr().cast(), bytes, Advice::LinuxDontNeed) }.is_ok()
}
