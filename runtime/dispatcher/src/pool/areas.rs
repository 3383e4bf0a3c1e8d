//! The two shared areas of one worker, as the dispatcher sees them.
//!
//! The dispatcher writes the inbox, and of the outbox nothing but zeros, over bodies and logs that it has taken. What
//! it finds in the outbox is an allegation ([`crate::pool::report`] checks it).
//!
//! Whoever runs in the worker next can read both. So a request's body is cleared when its completion is taken, and
//! what came back as soon as it was copied.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use mote_abi::area::{
    BODIES_OFFSET, BODY_BYTES, INBOX_BYTES, Inbox, LOG_BYTES, LOGS_OFFSET, OUTBOX_BYTES, Outbox,
    RING_ENTRIES, body_offset, log_offset,
};
use mote_abi::prefetch;
use mote_loader::memfd::reopen_read_only;

use crate::sys::mapping::Mapping;
use crate::sys::memory_file::memory_file;

/// How much of each body is made present at the start, and stays: what small requests use.
const READY_BODY_BYTES: usize = 4096;

/// The memory of a body longer than this goes back to the kernel when the body was taken.
const KEPT_BODY_BYTES: usize = 256 << 10;

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
        let inbox = Mapping::new(inbox_file.as_fd(), INBOX_BYTES)?;
        let outbox = Mapping::new(outbox_file.as_fd(), OUTBOX_BYTES)?;
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

    /// The body of the request at `index` is not needed any more: makes it zeros. If it was long, its memory goes
    /// back to the kernel.
    #[inline]
    pub(crate) fn clear_request_body(&self, index: usize, bytes: usize) {
        if bytes > 0 {
            clear_body(&self.inbox, index, bytes);
        }
    }

    /// The body of the request at `index`, which only the dispatcher writes.
    pub(crate) fn request_body(&self, index: usize, bytes: usize) -> Vec<u8> {
        self.inbox.copy_out(body_offset(index), bytes.min(BODY_BYTES))
    }

    /// Takes what the worker left as the body of the completion at `index`, and leaves zeros. If it was long, its
    /// memory goes back to the kernel.
    pub(crate) fn take_completion_body(&self, index: usize, bytes: usize) -> Vec<u8> {
        let body = self.outbox.copy_out(body_offset(index), bytes.min(BODY_BYTES));
        if !body.is_empty() {
            clear_body(&self.outbox, index, body.len());
        }
        body
    }

    /// Asks for the beginning of that body, before its length is known.
    pub(crate) fn prefetch_completion_body(&self, index: usize) {
        prefetch::line(self.outbox.address() + body_offset(index) as u64);
    }

    /// Takes what the worker left as the log of the completion at `index`, and leaves zeros.
    pub(crate) fn take_completion_log(&self, index: usize, bytes: usize) -> Vec<u8> {
        let log = self.outbox.copy_out(log_offset(index), bytes.min(LOG_BYTES));
        if !log.is_empty() {
            self.outbox.clear(log_offset(index), log.len());
        }
        log
    }
}

/// Makes the body at `index` of `area`, of `bytes` bytes, zeros.
#[inline]
fn clear_body(area: &Mapping, index: usize, bytes: usize) {
    if bytes <= KEPT_BODY_BYTES {
        return area.clear(body_offset(index), bytes);
    }
    area.clear(body_offset(index), READY_BODY_BYTES);
    area.release(body_offset(index) + READY_BODY_BYTES, BODY_BYTES - READY_BODY_BYTES);
}

#[cfg(test)]
mod tests {
    use std::os::fd::BorrowedFd;
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[test]
    fn worker_cannot_map_its_inbox_writable() {
        let (_areas, files) = Areas::create().unwrap();
        let refused = Mapping::new(files.inbox.as_fd(), INBOX_BYTES);
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert!(Mapping::read_only(files.inbox.as_fd(), INBOX_BYTES).is_ok());
    }

    /// How much memory a file takes, in bytes.
    fn memory_of(file: BorrowedFd<'_>) -> u64 {
        rustix::fs::fstat(file).unwrap().st_blocks as u64 * 512
    }

    #[test]
    fn memory_of_long_bodies_is_given_back_when_they_are_taken() {
        let (areas, files) = Areas::create().unwrap();
        let empty = [&files.inbox, &files.outbox].map(|file| memory_of(file.as_fd()));
        for index in 0..RING_ENTRIES {
            areas.write_request_body(index, &vec![7; BODY_BYTES]);
            let offset = body_offset(index) as u64;
            rustix::io::pwrite(&files.outbox, &vec![9; BODY_BYTES], offset).unwrap();
        }
        assert!(memory_of(files.inbox.as_fd()) >= (RING_ENTRIES * BODY_BYTES) as u64);
        for index in 0..RING_ENTRIES {
            areas.clear_request_body(index, BODY_BYTES);
            let body = areas.take_completion_body(index, BODY_BYTES);
            assert!(body.iter().all(|&byte| byte == 9));
            assert!(
                areas.request_body(index, BODY_BYTES)[READY_BODY_BYTES..].iter().all(|&b| b == 0)
            );
        }
        // Looking at a hole takes memory of the inbox again.
        for index in 0..RING_ENTRIES {
            areas.clear_request_body(index, BODY_BYTES);
        }
        for (file, empty) in [&files.inbox, &files.outbox].into_iter().zip(empty) {
            // Where files get huge pages, an empty one has memory for bodies too; a part that was given back is
            // not there any more.
            let left = memory_of(file.as_fd());
            assert!(
                left <= empty && left < (RING_ENTRIES * BODY_BYTES / 2) as u64,
                "{left} of {empty}"
            );
        }
    }

    #[test]
    fn bodies_and_logs_do_not_overlap_when_all_are_full() {
        let (areas, files) = Areas::create().unwrap();
        let outbox = Mapping::new(files.outbox.as_fd(), OUTBOX_BYTES).unwrap();
        let (request, response) = (|index| index as u8 + 1, |index| index as u8 + 101);
        for index in 0..RING_ENTRIES {
            areas.write_request_body(index, &vec![request(index); BODY_BYTES]);
            outbox.copy_in(body_offset(index), &vec![response(index); BODY_BYTES]);
            outbox.copy_in(log_offset(index), &[response(index); LOG_BYTES]);
        }
        let is_full_of = |bytes: Vec<u8>, byte| bytes.iter().all(|&found| found == byte);
        for index in 0..RING_ENTRIES {
            assert!(is_full_of(areas.request_body(index, BODY_BYTES), request(index)));
            assert!(is_full_of(areas.take_completion_body(index, BODY_BYTES), response(index)));
            assert!(is_full_of(areas.take_completion_log(index, LOG_BYTES), response(index)));
        }
        assert_eq!(areas.inbox().start.abi_version.load(Relaxed), 0);
        assert_eq!(areas.outbox().status.stage.load(Relaxed), 0);
    }
}
