//! The two shared areas of one worker, as the dispatcher sees them.
//!
//! The dispatcher writes the inbox and only reads the outbox: it maps that one read-only. What it
//! finds in the outbox is an allegation ([`crate::pool::report`] checks it).

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use mote_abi::area::{
    BODIES_OFFSET, BODY_BYTES, INBOX_BYTES, Inbox, LOG_BYTES, LOGS_OFFSET, OUTBOX_BYTES, Outbox,
    RING_ENTRIES,
};
use mote_abi::prefetch;
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

use crate::sys::mapping::{Access, Mapping};

/// How much of each body is made present at the start: what small requests use.
const READY_BODY_BYTES: usize = 4096;

/// Both areas, mapped.
#[derive(Debug)]
pub(crate) struct Areas {
    inbox: Mapping,
    outbox: Mapping,
}

/// The files behind them, for the worker.
#[derive(Debug)]
pub(crate) struct AreaFiles {
    /// Cannot be mapped writable.
    pub(crate) inbox: OwnedFd,
    pub(crate) outbox: OwnedFd,
}

impl Areas {
    /// New areas, all zeros, for a new worker.
    pub(crate) fn create() -> io::Result<(Self, AreaFiles)> {
        let inbox_file = memory_file("mote-inbox", INBOX_BYTES)?;
        let outbox_file = memory_file("mote-outbox", OUTBOX_BYTES)?;
        let inbox = Mapping::new(inbox_file.as_fd(), INBOX_BYTES, Access::ReadWrite)?;
        let outbox = Mapping::new(outbox_file.as_fd(), OUTBOX_BYTES, Access::Read)?;
        let areas = Self { inbox, outbox };
        areas.populate()?;
        let inbox = reopen_read_only(inbox_file.as_fd())?;
        Ok((areas, AreaFiles { inbox, outbox: outbox_file }))
    }

    fn populate(&self) -> io::Result<()> {
        for mapping in [&self.inbox, &self.outbox] {
            mapping.populate(0, BODIES_OFFSET)?;
            for index in 0..RING_ENTRIES {
                mapping.populate(body_offset(index), READY_BODY_BYTES)?;
            }
        }
        self.outbox.populate(LOGS_OFFSET, RING_ENTRIES * LOG_BYTES)
    }

    /// What the dispatcher tells the worker.
    pub(crate) fn inbox(&self) -> &Inbox {
        self.inbox.head()
    }

    /// What the worker tells the dispatcher.
    pub(crate) fn outbox(&self) -> &Outbox {
        self.outbox.head()
    }

    /// Writes the body of the request at `index`: at most [`BODY_BYTES`].
    pub(crate) fn write_request_body(&self, index: usize, body: &[u8]) {
        assert!(body.len() <= BODY_BYTES, "a job's body is checked when it is submitted");
        self.inbox.copy_in(body_offset(index), body);
    }

    /// The body of the request at `index`, which only the dispatcher writes.
    pub(crate) fn request_body(&self, index: usize, bytes: usize) -> Vec<u8> {
        self.inbox.copy_out(body_offset(index), bytes.min(BODY_BYTES))
    }

    /// A copy of what the worker left as the body of the completion at `index`.
    pub(crate) fn completion_body(&self, index: usize, bytes: usize) -> Vec<u8> {
        self.outbox.copy_out(body_offset(index), bytes.min(BODY_BYTES))
    }

    /// Asks for the beginning of that body, before its length is known.
    pub(crate) fn prefetch_completion_body(&self, index: usize) {
        prefetch::line(self.outbox.address() + body_offset(index) as u64);
    }

    /// A copy of what the worker left as the log of the completion at `index`.
    pub(crate) fn completion_log(&self, index: usize, bytes: usize) -> Vec<u8> {
        self.outbox.copy_out(LOGS_OFFSET + index * LOG_BYTES, bytes.min(LOG_BYTES))
    }
}

fn body_offset(index: usize) -> usize {
    BODIES_OFFSET + index * BODY_BYTES
}

/// A file in memory whose length nobody can change: not even a hostile worker can take its pages
/// away from under the dispatcher's mapping.
pub(crate) fn memory_file(name: &str, bytes: usize) -> io::Result<OwnedFd> {
    let file = create(name, MemfdFlags::NOEXEC_SEAL)?;
    ftruncate(&file, bytes as u64)?;
    fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(file)
}

/// A file in memory that holds `bytes`, may be executed, and can never be changed again.
pub(crate) fn program_file(name: &str, bytes: &[u8]) -> io::Result<OwnedFd> {
    let file = create(name, MemfdFlags::EXEC)?;
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

/// Linux before 6.3 knows neither of the two ways to say whether the file is a program, and runs it
/// in any case.
fn create(name: &str, program: MemfdFlags) -> io::Result<OwnedFd> {
    let common = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    match memfd_create(name, common | program) {
        Err(rustix::io::Errno::INVAL) => Ok(memfd_create(name, common)?),
        result => Ok(result?),
    }
}

/// The same file, opened so that it cannot be mapped writable.
pub(crate) fn reopen_read_only(file: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
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

    #[test]
    fn worker_cannot_map_its_inbox_writable() {
        let (_areas, files) = Areas::create().unwrap();
        let refused = Mapping::new(files.inbox.as_fd(), INBOX_BYTES, Access::ReadWrite);
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert!(Mapping::new(files.inbox.as_fd(), INBOX_BYTES, Access::Read).is_ok());
    }

    #[test]
    fn bodies_and_logs_do_not_overlap_when_all_are_full() {
        let (areas, _files) = Areas::create().unwrap();
        for index in 0..RING_ENTRIES {
            areas.write_request_body(index, &vec![index as u8 + 1; BODY_BYTES]);
        }
        for index in 0..RING_ENTRIES {
            let body = areas.request_body(index, BODY_BYTES);
            assert!(body.iter().all(|&byte| byte == index as u8 + 1));
        }
        assert_eq!(areas.inbox().start.abi_version.load(std::sync::atomic::Ordering::Relaxed), 0);
    }
}
