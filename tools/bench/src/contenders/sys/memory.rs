//! Memory shared with another process: a file in memory, mapped by both.
//!
//! Only atomics are seen in it, so whatever the other process writes is a value and nothing worse.
//! Spec: memfd_create(2), mmap(2), proc_pid_fd(5).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::AtomicU64;

use mote_abi::line::Line;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// What may be seen in shared memory.
///
/// # Safety
/// All of it is atomic, any bytes are a value of it, and it is aligned to [`CELL_BYTES`] at most.
pub(crate) unsafe trait Shared {}

// SAFETY: eight atomics, aligned to 64.
unsafe impl Shared for Line {}
// SAFETY: two atomics.
unsafe impl Shared for Slot {}

/// A cache line, which everything shared begins.
const CELL_BYTES: usize = 64;

/// What a process that is a service tells: see `programs/process.rs`.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Slot {
    /// The port of its socket, once it listens.
    pub(crate) port: AtomicU64,
    /// When it ran, in nanoseconds; 0 before.
    pub(crate) stamp_ns: AtomicU64,
}

/// A mapped file.
#[derive(Debug)]
pub(crate) struct Memory {
    address: NonNull<u8>,
    bytes: usize,
    file: File,
}

impl Memory {
    /// New memory for `cells` cache lines, all zeros.
    pub(crate) fn create(cells: usize) -> io::Result<Self> {
        let file = memfd_create("mote-bench", MemfdFlags::CLOEXEC)?;
        let bytes = (cells * CELL_BYTES).next_multiple_of(4096);
        ftruncate(&file, bytes as u64)?;
        Self::map(File::from(file), bytes)
    }

    /// The memory that another process created and named.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let bytes = file.metadata()?.len() as usize;
        Self::map(file, bytes)
    }

    fn map(file: File, bytes: usize) -> io::Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, where the kernel likes.
        let address = unsafe { mmap(null_mut(), bytes, access, MapFlags::SHARED, &file, 0) }?;
        let address = NonNull::new(address.cast()).expect("a mapping is never at 0");
        Ok(Self { address, bytes, file })
    }

    /// Under which name other processes of this user find it.
    pub(crate) fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd()).into()
    }

    /// What is in cache line `cell`.
    ///
    /// # Panics
    /// If it is not inside.
    pub(crate) fn at<T: Shared>(&self, cell: usize) -> &T {
        let offset = cell * CELL_BYTES;
        assert!(offset + size_of::<T>() <= self.bytes, "cell {cell} of {} bytes", self.bytes);
        // SAFETY: inside the mapping, by the line above.
        let cell = unsafe { self.address.add(offset) }.cast::<T>();
        // SAFETY: aligned, as cells are; any bytes are a `T`, and all of it is atomic: `Shared` says so.
        unsafe { cell.as_ref() }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: nothing borrows from the mapping any more. A refusal leaves it to the process's end.
        let _ = unsafe { munmap(self.address.as_ptr().cast(), self.bytes) };
    }
}
