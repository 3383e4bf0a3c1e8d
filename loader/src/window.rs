//! One window: a sealed memfd and the dispatcher's read-write mapping of it.
//!
//! Called by [`zone`](crate::zone). After [`Window::new`] nobody, not even this process, can make
//! another writable mapping, so a worker can only ever read or execute what the loader wrote.
//!
//! Spec: memfd_create(2), fcntl(2) "File Sealing".
#![forbid(unsafe_code)]

use core::ops::Range;
use core::sync::atomic::AtomicU8;

use mote_abi::windows::WINDOW_BYTES;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{SealFlags, fcntl_add_seals, ftruncate};
use rustix::io::Errno;

use crate::error::ZoneError;
use crate::memfd;
use crate::sys::Mapping;

/// The file keeps its length, nobody maps it writable again, and neither can be undone.
const SEALS: SealFlags =
    SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::FUTURE_WRITE).union(SealFlags::SEAL);

/// The memory of one window. Sparse: only what was written takes up memory.
#[derive(Debug)]
pub(crate) struct Window {
    file: OwnedFd,
    mapping: Mapping,
}

impl Window {
    /// Creates the memfd `name`, maps it and seals it.
    pub(crate) fn new(name: &'static str) -> Result<Self, ZoneError> {
        let failed = |step| move |errno: Errno| ZoneError::new(name, step, errno);
        let file = memfd::create(name, true).map_err(failed("memfd_create"))?;
        ftruncate(&file, WINDOW_BYTES).map_err(failed("ftruncate"))?;
        let mapping = Mapping::new(file.as_fd(), WINDOW_BYTES as usize).map_err(failed("mmap"))?;
        fcntl_add_seals(&file, SEALS).map_err(failed("fcntl(F_ADD_SEALS)"))?;
        Ok(Self { file, mapping })
    }

    /// `bytes` bytes from `offset`, both of which come from a slot of this zone.
    pub(crate) fn slot_mut(&mut self, offset: u32, bytes: u32) -> &mut [u8] {
        &mut self.mapping.as_mut_slice()[offset as usize..][..bytes as usize]
    }

    /// The byte at `offset`, which a worker may be executing.
    pub(crate) fn byte(&self, offset: u32) -> &AtomicU8 {
        self.mapping.byte(offset as usize)
    }

    /// Brings whole pages into memory. Where the kernel cannot (before 5.14), writing to them will.
    pub(crate) fn populate(&mut self, pages: Range<u32>) {
        let _unsupported = self.mapping.populate(pages.start as usize..pages.end as usize);
    }

    /// The memfd itself.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The memfd, opened once more without the right to write.
    pub(crate) fn open_read_only(&self, name: &'static str) -> Result<OwnedFd, ZoneError> {
        memfd::reopen_read_only(self.file())
            .map_err(|errno| ZoneError::new(name, "open(/proc/self/fd)", errno))
    }
}
