//! The two shared areas, as this worker has mapped them.

use core::ops::Range;
use core::ptr::NonNull;

use mote_abi::area::{BODY_BYTES, Inbox, LOG_BYTES, Outbox, RING_ENTRIES, body_offset, log_offset};
use mote_abi::line::index;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Areas {
    inbox: NonNull<u8>,
    outbox: NonNull<u8>,
}

impl Areas {
    /// # Safety
    /// The inbox is mapped readable, the outbox readable and writable, with their full lengths, until
    /// the process ends.
    #[must_use]
    pub const unsafe fn new(inbox: NonNull<u8>, outbox: NonNull<u8>) -> Self {
        Self { inbox, outbox }
    }

    /// The lines and flags that the dispatcher writes.
    #[must_use]
    pub fn inbox(&self) -> &'static Inbox {
        // SAFETY: the mapping is long enough and aligned to a page; every field is atomic, so the
        // dispatcher may write while we look.
        unsafe { self.inbox.cast().as_ref() }
    }

    /// The lines and flags that this worker writes.
    #[must_use]
    pub fn outbox(&self) -> &'static Outbox {
        // SAFETY: as for the inbox.
        unsafe { self.outbox.cast().as_ref() }
    }

    /// The body of request `sequence`: `BODY_BYTES` bytes.
    #[must_use]
    pub fn request(&self, sequence: u64) -> *const u8 {
        self.inbox.as_ptr().wrapping_add(body_offset(index(sequence, RING_ENTRIES)))
    }

    /// Where the body of reply `sequence` goes: `BODY_BYTES` bytes.
    #[must_use]
    pub(super) fn reply(&self, sequence: u64) -> *mut u8 {
        self.outbox.as_ptr().wrapping_add(body_offset(index(sequence, RING_ENTRIES)))
    }

    /// Where the log of `sequence` goes: `LOG_BYTES` bytes.
    #[must_use]
    pub(super) fn log(&self, sequence: u64) -> *mut u8 {
        self.outbox.as_ptr().wrapping_add(log_offset(index(sequence, RING_ENTRIES)))
    }

    /// Makes zeros of what of the reply to `sequence` nobody will take: all that lies in `unread`.
    pub(super) fn clear_reply(&self, sequence: u64, unread: Range<usize>) {
        let bytes = unread.end.min(BODY_BYTES).saturating_sub(unread.start);
        let from = self.reply(sequence).wrapping_add(unread.start);
        // SAFETY: the outbox has room for a body there, and whoever reads it reads what is told of a reply.
        unsafe { from.write_bytes(0, bytes) };
    }

    /// The same of the first `bytes` bytes of its log.
    pub(super) fn clear_log(&self, sequence: u64, bytes: usize) {
        // SAFETY: as for the reply.
        unsafe { self.log(sequence).write_bytes(0, bytes.min(LOG_BYTES)) };
    }

    /// The first `bytes` bytes of the reply to `sequence`, or as many as one can have.
    #[cfg(feature = "torture")]
    #[must_use]
    pub fn reply_bytes(&self, sequence: u64, bytes: usize) -> &[u8] {
        let bytes = bytes.min(BODY_BYTES);
        // SAFETY: the outbox has room for a body there, and nothing writes it meanwhile: no service runs.
        unsafe { core::slice::from_raw_parts(self.reply(sequence), bytes) }
    }
}
