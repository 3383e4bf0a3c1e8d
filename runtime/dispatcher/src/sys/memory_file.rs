//! Sealed files in memory: shared areas and programs.
//!
//! Spec: memfd_create(2), fcntl(2) "File Sealing".

use std::io;
use std::os::fd::OwnedFd;

use mote_loader::memfd::create;
use rustix::fs::{SealFlags, fcntl_add_seals, ftruncate};

/// A file in memory whose length nobody can change: not even a hostile worker can take its pages
/// away from under the dispatcher's mapping.
pub(crate) fn memory_file(name: &str, bytes: usize) -> io::Result<OwnedFd> {
    let file = create(name, false)?;
    ftruncate(&file, bytes as u64)?;
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(file)
}

/// A file in memory that holds `bytes`, may be executed, and can never be changed again.
pub(crate) fn program_file(name: &str, bytes: &[u8]) -> io::Result<OwnedFd> {
    let file = create(name, true)?;
    let mut unwritten = bytes;
    while !unwritten.is_empty() {
        let written = rustix::io::write(&file, unwritten)?;
        unwritten = &unwritten[written..];
    }
    fcntl_add_seals(
        &file,
        SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
    )?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_cannot_be_shrunk_once_made() {
        let file = memory_file("test", 8192).unwrap();
        assert_eq!(ftruncate(&file, 4096), Err(rustix::io::Errno::PERM));
    }

    #[test]
    fn program_cannot_be_changed_once_made() {
        let file = program_file("test", b"abc").unwrap();
        assert_eq!(rustix::io::write(&file, b"d"), Err(rustix::io::Errno::PERM));
    }
}
