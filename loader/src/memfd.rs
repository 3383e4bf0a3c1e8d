//! Files in memory: created so that they can be sealed, and opened again without the right to write.
//!
//! Spec: memfd_create(2); `/proc/self/fd` in proc(5).
#![forbid(unsafe_code)]

use alloc::format;

use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{MemfdFlags, Mode, OFlags, memfd_create, open};
use rustix::io::Errno;

/// A new, empty file in memory. `may_execute` is whether its pages may be executed; Linux before 6.3 does
/// not know the flags that say so, and lets them be executed in any case.
///
/// # Errors
/// There are too many descriptors, or there is no memory.
pub fn create(name: &str, may_execute: bool) -> Result<OwnedFd, Errno> {
    let common = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let execution = if may_execute { MemfdFlags::EXEC } else { MemfdFlags::NOEXEC_SEAL };
    match memfd_create(name, common | execution) {
        Err(Errno::INVAL) => memfd_create(name, common),
        created => created,
    }
}

/// The same file, opened so that it cannot be mapped writable.
///
/// # Errors
/// `/proc` is not there, or there are too many descriptors.
pub fn reopen_read_only(file: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    open(path.as_str(), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}
