//! The one place with `unsafe`: a window's memory, mapped read-write into this process.
//!
//! Called by [`window`](crate::window). Whoever needs bytes gets them as a bounds-checked slice.

use core::ops::Range;
use core::ptr::NonNull;
use core::sync::atomic::AtomicU8;

use rustix::fd::BorrowedFd;
use rustix::io;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};

/// A shared mapping of a whole file, read-write and never executable.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the mapping belongs to this value alone, and memory is not tied to a thread.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps the first `bytes` bytes of `file`, which must be that long for as long as the mapping
    /// lives: the caller has sealed it against shrinking.
    pub(crate) fn new(file: BorrowedFd<'_>, bytes: usize) -> io::Result<Self> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::SHARED | MapFlags::NORESERVE;
        // SAFETY: the kernel chooses the address, so no mapping that exists is touched.
        let base = unsafe { mmap(core::ptr::null_mut(), bytes, protection, flags, file, 0) }?;
        let base = NonNull::<u8>::new(base.cast()).ok_or(io::Errno::NOMEM)?;
        // SAFETY: the range was just mapped; the advice changes no byte. A kernel without huge pages
        // refuses it, and then there are none.
        let _refused = unsafe { madvise(base.as_ptr().cast(), bytes, Advice::LinuxHugepage) };
        Ok(Self { base, bytes })
    }

    /// The mapping's bytes.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY:
        // 1. `new` mapped `bytes` bytes from `base`, readable and writable, until `drop`.
        // 2. `&mut self` makes this the only reference in this process. Other processes map the file
        //    without the right to write (`window` seals it so), hence nothing changes behind it.
        // 3. Bytes have no invalid values, and 512 MiB is less than `isize::MAX`.
        unsafe { core::slice::from_raw_parts_mut(self.base.as_ptr(), self.bytes) }
    }

    /// The byte at `offset`, to be stored while other processes execute it.
    ///
    /// # Panics
    /// If `offset` is not in the mapping.
    pub(crate) fn byte(&self, offset: usize) -> &AtomicU8 {
        assert!(offset < self.bytes, "byte {offset} is not in a mapping of {} bytes", self.bytes);
        // SAFETY: `new` mapped this byte, which was just found to be inside.
        let byte = unsafe { self.base.add(offset) };
        // SAFETY: it is mapped until `drop`, and while `self` is borrowed this process accesses it atomically
        // only: a slice from `as_mut_slice` borrows `self` mutably.
        unsafe { AtomicU8::from_ptr(byte.as_ptr()) }
    }

    /// Brings the pages of `range` into memory, writable, without changing their bytes. The range
    /// consists of whole pages of the mapping.
    ///
    /// # Errors
    /// The kernel is older than 5.14, or has no memory.
    pub(crate) fn populate(&mut self, range: Range<usize>) -> io::Result<()> {
        let pages = &mut self.as_mut_slice()[range];
        let (start, bytes) = (pages.as_mut_ptr().cast(), pages.len());
        // SAFETY: the pages belong to this mapping, and populating keeps their bytes (madvise(2)).
        unsafe { madvise(start, bytes, Advice::LinuxPopulateWrite) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by `new`, and no slice of it outlives `self`.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.bytes) };
        debug_assert!(unmapped.is_ok(), "unmapping a whole mapping cannot fail");
    }
}
