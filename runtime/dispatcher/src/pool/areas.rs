//! The two shared areas of one worker, as the dispatcher sees them.
//!
//! The dispatcher writes the inbox and only reads the outbox: it maps that one read-only. What it
//! finds in the outbox is an allegation ([`crate::pool::report`] checks it).

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use mote_abi::area::{
    BODIES_OFFSET, BODY_BYTES, INBOX_BYTES, Inbox, LOG_BYTES, LOGS_OFFSET, OUTBOX_BYTES, Outbox,
    RING_ENTRIES, body_offset, log_offset,
};
use mote_abi::prefetch;
use mote_loader::memfd::reopen_read_only;

use crate::sys::mapping::{Access, Mapping};
use crate::sys::memory_file::memory_file;

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
        self.outbox.copy_out(log_offset(index), bytes.min(LOG_BYTES))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[test]
    fn worker_cannot_map_its_inbox_writable() {
        let (_areas, files) = Areas::create().unwrap();
        let refused = Mapping::new(files.inbox.as_fd(), INBOX_BYTES, Access::ReadWrite);
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert!(Mapping::new(files.inbox.as_fd(), INBOX_BYTES, Access::Read).is_ok());
    }

    #[test]
    fn bodies_and_logs_do_not_overlap_when_all_are_full() {
        let (areas, files) = Areas::create().unwrap();
        let outbox = Mapping::new(files.outbox.as_fd(), OUTBOX_BYTES, Access::ReadWrite).unwrap();
        let (request, response) = (|index| index as u8 + 1, |index| index as u8 + 101);
        for index in 0..RING_ENTRIES {
            areas.write_request_body(index, &vec![request(index); BODY_BYTES]);
            outbox.copy_in(body_offset(index), &vec![response(index); BODY_BYTES]);
            outbox.copy_in(log_offset(index), &[response(index); LOG_BYTES]);
        }
        let is_full_of = |bytes: Vec<u8>, byte| bytes.iter().all(|&found| found == byte);
        for index in 0..RING_ENTRIES {
            assert!(is_full_of(areas.request_body(index, BODY_BYTES), request(index)));
            assert!(is_full_of(areas.completion_body(index, BODY_BYTES), response(index)));
            assert!(is_full_of(areas.completion_log(index, LOG_BYTES), response(index)));
        }
        assert_eq!(areas.inbox().start.abi_version.load(Relaxed), 0);
        assert_eq!(areas.outbox().status.stage.load(Relaxed), 0);
    }
}
