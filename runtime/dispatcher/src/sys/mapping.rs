//! A shared mapping of a memory file: a head of atomics, then bytes that are copied in and out.
//!
//! Another process writes some of these bytes while we look, and may be hostile. So there is never a
//! reference to them: the head consists of atomics, for which racing is defined, and the rest is
//! moved by one string instruction whose memory accesses the compiler does not see, or, where it is
//! little, as atomic words.

use std::arch::asm;
use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use mote_abi::area::{Inbox, Outbox};
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};

const WORD_BYTES: usize = size_of::<u64>();

/// Up to so many bytes are copied word by word.
const SMALL_BYTES: usize = 64;

/// The first bytes of an area.
///
/// # Safety
/// Every bit pattern is a value, and every field is an atomic (or made of them): another process may
/// write it at any time.
pub(crate) unsafe trait Head {}

// SAFETY: start parameters, flags, doorbell and lines are made of `AtomicU32` and `AtomicU64` only.
unsafe impl Head for Inbox {}
// SAFETY: as above, with the worker's status and the running invocation.
unsafe impl Head for Outbox {}
// SAFETY: as above, with the sweep's request and progress.
unsafe impl Head for mote_abi::torture::Head {}

/// A shared mapping from the start of a memory file, unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread, and this is its only owner.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps the first `bytes` bytes of `file`, which must be sealed against shrinking.
    pub(crate) fn new(file: BorrowedFd<'_>, bytes: usize) -> io::Result<Self> {
        Self::with(file, bytes, ProtFlags::READ | ProtFlags::WRITE)
    }

    /// As a worker maps its inbox: writing faults.
    #[cfg(test)]
    pub(crate) fn read_only(file: BorrowedFd<'_>, bytes: usize) -> io::Result<Self> {
        Self::with(file, bytes, ProtFlags::READ)
    }

    fn with(file: BorrowedFd<'_>, bytes: usize, protection: ProtFlags) -> io::Result<Self> {
        // SAFETY: with a null address the kernel chooses unused addresses, so nothing is replaced.
        let start =
            unsafe { mmap(std::ptr::null_mut(), bytes, protection, MapFlags::SHARED, file, 0)? };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { start, bytes })
    }

    /// Makes the pages of `bytes` bytes from `offset` present now, so that no request pays for it.
    ///
    /// # Panics
    /// If the range is not inside the mapping.
    pub(crate) fn populate(&self, offset: usize, bytes: usize) -> io::Result<()> {
        let from = self.at(offset, bytes);
        // SAFETY: `at` checked that the range is inside this mapping, and populating changes no byte.
        unsafe { madvise(from.as_ptr().cast(), bytes, Advice::LinuxPopulateWrite)? };
        Ok(())
    }

    /// Gives the memory of `bytes` bytes from `offset` back to the kernel; they read as zeros afterwards, for
    /// whoever has mapped the file. Where the kernel refuses, they are made zeros.
    ///
    /// # Panics
    /// As [`clear`](Self::clear).
    #[cold]
    pub(crate) fn release(&self, offset: usize, bytes: usize) {
        let from = self.at(offset, bytes);
        // SAFETY: `at` checked that the range is inside this mapping. Nobody holds a reference to its
        // bytes, and this process may write them.
        let released = unsafe { madvise(from.as_ptr().cast(), bytes, Advice::LinuxRemove) };
        if released.is_err() {
            self.clear(offset, bytes);
        }
    }

    /// Makes `bytes` bytes from `offset` zeros.
    ///
    /// # Panics
    /// If that is not inside the mapping.
    #[inline]
    pub(crate) fn clear(&self, offset: usize, bytes: usize) {
        let to = self.at(offset, bytes);
        if bytes <= SMALL_BYTES && offset.is_multiple_of(WORD_BYTES) {
            return clear_small(to, bytes);
        }
        // SAFETY: `to` is writable for `bytes` bytes, to which nobody has a reference.
        unsafe { clear_bytes(to.as_ptr(), bytes) };
    }

    /// The head of the area.
    ///
    /// # Panics
    /// If the mapping is shorter than a head.
    pub(crate) fn head<T: Head>(&self) -> &T {
        let start = self.at(0, size_of::<T>()).cast::<T>();
        // SAFETY:
        // 1. The mapping begins at a page, so `T` is aligned, and `at` checked that it is long enough.
        // 2. `T: Head` may be written by others meanwhile, and any bytes are a `T`.
        // 3. It stays mapped while `self` is borrowed, and the file's seals keep its pages there.
        unsafe { start.as_ref() }
    }

    /// Copies `source` to `offset`.
    ///
    /// # Panics
    /// If that is not inside the mapping.
    pub(crate) fn copy_in(&self, offset: usize, source: &[u8]) {
        let to = self.at(offset, source.len());
        if source.is_empty() {
            return;
        }
        // SAFETY: `source` is readable, `to` is writable for the same length, and a mapping of a
        // memory file that only this module knows does not overlap a slice.
        unsafe { copy_bytes(source.as_ptr(), to.as_ptr(), source.len()) };
    }

    /// A copy of `bytes` bytes from `offset`.
    ///
    /// # Panics
    /// If that is not inside the mapping.
    pub(crate) fn copy_out(&self, offset: usize, bytes: usize) -> Vec<u8> {
        let from = self.at(offset, bytes);
        if bytes == 0 {
            return Vec::new();
        }
        if bytes <= SMALL_BYTES && offset.is_multiple_of(WORD_BYTES) {
            return small(from, bytes);
        }
        let mut copy = Vec::with_capacity(bytes);
        // SAFETY: `from` is readable and the new vector writable for `bytes` bytes; they are apart.
        unsafe { copy_bytes(from.as_ptr(), copy.as_mut_ptr(), bytes) };
        // SAFETY: the copy initialised the first `bytes` bytes, which are within the capacity.
        unsafe { copy.set_len(bytes) };
        copy
    }

    /// Where it is mapped.
    pub(crate) fn address(&self) -> u64 {
        self.start.addr().get() as u64
    }

    fn at(&self, offset: usize, bytes: usize) -> NonNull<u8> {
        let is_inside = offset <= self.bytes && bytes <= self.bytes - offset;
        assert!(is_inside, "{bytes} bytes at {offset} are outside an area of {}", self.bytes);
        // SAFETY: `offset` is at most the length of this mapping, which is one allocated object.
        unsafe { self.start.add(offset) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nobody can hold a reference into the mapping, because they borrow `self`.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.bytes) };
        debug_assert!(unmapped.is_ok(), "unmapping a whole mapping does not fail");
    }
}

/// A copy of the `bytes` bytes at `from`, at most [`SMALL_BYTES`], word by word: the instruction that
/// copies much takes long to begin. `from` is aligned to a word of a mapping, which ends with a word.
fn small(from: NonNull<u8>, bytes: usize) -> Vec<u8> {
    let mut copy = [0; SMALL_BYTES];
    for (index, piece) in copy.chunks_exact_mut(WORD_BYTES).enumerate() {
        if index * WORD_BYTES >= bytes {
            break;
        }
        // SAFETY: the word begins inside the mapping's bytes that the caller checked.
        let word = unsafe { from.cast::<u64>().add(index) };
        // SAFETY: it is aligned, and mapped to its end; others may write it, whole or in parts.
        let word = unsafe { AtomicU64::from_ptr(word.as_ptr()) }.load(Relaxed);
        piece.copy_from_slice(&word.to_ne_bytes());
    }
    copy[..bytes].to_vec()
}

/// Makes the words zeros that have the `bytes` bytes at `to`, at most [`SMALL_BYTES`]: as [`small`]. Of the last word
/// the rest is nobody's: areas have bodies and logs of whole words.
fn clear_small(to: NonNull<u8>, bytes: usize) {
    for index in 0..bytes.div_ceil(WORD_BYTES) {
        // SAFETY: as in `small`.
        let word = unsafe { to.cast::<u64>().add(index) };
        // SAFETY: as in `small`.
        unsafe { AtomicU64::from_ptr(word.as_ptr()) }.store(0, Relaxed);
    }
}

/// Makes bytes zeros that another process may be looking at: as [`copy_bytes`].
///
/// # Safety
/// `to` is writable for `bytes` bytes.
unsafe fn clear_bytes(to: *mut u8, bytes: usize) {
    // SAFETY: `rep stosb` writes exactly the bytes that the caller vouches for. The direction flag is clear,
    // as the psABI demands of it between functions (3.2.1).
    unsafe {
        asm!(
            "rep stosb",
            inout("rcx") bytes => _,
            inout("rdi") to => _,
            in("al") 0_u8,
            options(nostack, preserves_flags),
        );
    }
}

/// Copies bytes that another process may be changing: what arrives is then any mixture of old and
/// new bytes, but the program stays defined, because no access of the language's own races.
///
/// # Safety
/// `from` is readable and `to` writable for `bytes` bytes; the ranges do not overlap.
unsafe fn copy_bytes(from: *const u8, to: *mut u8, bytes: usize) {
    // SAFETY: `rep movsb` reads and writes exactly the bytes that the caller vouches for. The
    // direction flag is clear, as the psABI demands of it between functions (3.2.1).
    unsafe {
        asm!(
            "rep movsb",
            inout("rcx") bytes => _,
            inout("rsi") from => _,
            inout("rdi") to => _,
            options(nostack, preserves_flags),
        );
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::sys::memory_file::memory_file;

    #[test]
    fn bytes_copied_into_one_mapping_come_out_of_another() {
        let file = memory_file("test", 8192).unwrap();
        let writer = Mapping::new(file.as_fd(), 8192).unwrap();
        let reader = Mapping::new(file.as_fd(), 8192).unwrap();
        writer.copy_in(4095, b"abc");
        assert_eq!(reader.copy_out(4094, 5), b"\0abc\0");
        assert_eq!(reader.copy_out(8192, 0), b"");
    }

    #[test]
    fn cleared_bytes_are_zeros_and_others_are_not_touched() {
        let file = memory_file("test", 8192).unwrap();
        let mapping = Mapping::new(file.as_fd(), 8192).unwrap();
        for (offset, bytes) in [(0, 1), (8, 64), (800, 63), (1000, 65), (4095, 2), (8000, 192)] {
            mapping.copy_in(0, &[7; 8192]);
            mapping.clear(offset, bytes);
            let end = if bytes <= SMALL_BYTES { bytes.next_multiple_of(8) } else { bytes };
            let is_clear = |at: usize| at >= offset && at < offset + end.max(bytes);
            let found = mapping.copy_out(0, 8192);
            assert!(found[offset..offset + bytes].iter().all(|&byte| byte == 0));
            assert!(found.iter().enumerate().all(|(at, &byte)| byte == 7 || is_clear(at)));
        }
    }

    #[test]
    #[should_panic(expected = "2 bytes at 8191 are outside an area of 8192")]
    fn copy_is_refused_when_it_ends_outside() {
        let file = memory_file("test", 8192).unwrap();
        let _ = Mapping::new(file.as_fd(), 8192).unwrap().copy_out(8191, 2);
    }
}
