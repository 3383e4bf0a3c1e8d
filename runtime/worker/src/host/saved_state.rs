//! What a paused invocation leaves besides its stack and heap.
//!
//! ```text
//!  saved_state: frame (registers) │ what the host noted │ log │ request │ reply │ data segment
//! ```
//!
//! The handler writes the frame, host code all else, and never both at once. Called by
//! [`pause`](crate::invocation::pause), [`slots`](crate::host::stack_slot) and [`host`](crate::host).

use core::fmt;
use core::mem::offset_of;
use core::ptr::{self, NonNull};

use mote_abi::area::{BODY_BYTES, LOG_BYTES};
use mote_abi::image::DATA_LIMIT_BYTES;
use mote_abi::message::Invoke;
use mote_abi::outcome::Outcome;
use mote_sigctx::arch::SavedFrame;

use crate::host::Reply;
use crate::host::tokens::Tokens;

/// What the host notes of an invocation that is paused.
#[derive(Clone, Debug)]
pub struct SavedInvocation {
    /// Its request.
    pub invoke: Invoke,
    /// What is left of its budget, in nanoseconds.
    pub left_ns: u64,
    /// What was decided so far.
    pub verdict: Outcome,
    /// What it handed over.
    pub reply: Reply,
    /// Bytes in its log.
    pub log_bytes: usize,
    /// Its handle table.
    pub tokens: Tokens,
}

/// What a saved_state holds.
#[repr(C)]
pub struct SavedStateSpace {
    frame: SavedFrame,
    kept: Option<SavedInvocation>,
    log: [u8; LOG_BYTES],
    request: [u8; BODY_BYTES],
    reply: [u8; BODY_BYTES],
    data: [u8; DATA_LIMIT_BYTES as usize],
}

/// The bytes that a paused invocation leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its log.
    Log,
    /// The body of its reply.
    Reply,
    /// The data segment of its image.
    Data,
}

impl Part {
    /// Where they are kept, and how much room there is.
    const fn place(self) -> (usize, usize) {
        match self {
            Self::Log => (offset_of!(SavedStateSpace, log), LOG_BYTES),
            Self::Reply => (offset_of!(SavedStateSpace, reply), BODY_BYTES),
            Self::Data => (offset_of!(SavedStateSpace, data), DATA_LIMIT_BYTES as usize),
        }
    }
}

/// Where an invocation leaves everything but its stack and heap.
pub struct SavedState {
    number: u8,
    space: NonNull<SavedStateSpace>,
}

impl fmt::Debug for SavedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedState").field("number", &self.number).finish_non_exhaustive()
    }
}

impl SavedState {
    /// The saved_state of slot `number` over `space`.
    ///
    /// # Safety
    /// `space` is mapped, all zeros, and nobody else's until the process ends.
    #[must_use]
    pub unsafe fn new(number: u8, space: NonNull<SavedStateSpace>) -> Self {
        let saved_state = Self { number, space };
        // SAFETY: by the contract; an `Option` need not be valid as zeros, so it is written.
        unsafe { saved_state.kept().write(None) };
        saved_state
    }

    /// The slot's number.
    #[must_use]
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Where registers are kept.
    #[must_use]
    pub fn frame(&self) -> *mut SavedFrame {
        self.at(offset_of!(SavedStateSpace, frame)).cast()
    }

    /// Whether an invocation is paused here.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        // SAFETY: `new` wrote it, and only host code touches it, one reference at a time.
        unsafe { (*self.kept()).is_some() }
    }

    /// Notes what the host knows of the invocation.
    pub fn keep(&self, kept: SavedInvocation) {
        // SAFETY: as in `is_taken`. What was there is `None`: nothing needs dropping.
        unsafe { self.kept().write(Some(kept)) };
    }

    /// Takes that back.
    #[must_use]
    pub fn take(&self) -> Option<SavedInvocation> {
        // SAFETY: as in `is_taken`.
        unsafe { (*self.kept()).take() }
    }

    /// Keeps a copy of `bytes` bytes of `part`, or as many as there is room for.
    ///
    /// # Safety
    /// They are readable from `from`, which is not on a saved_state.
    pub unsafe fn save(&self, part: Part, from: *const u8, bytes: usize) {
        let (offset, room) = part.place();
        // SAFETY: the source is the caller's promise; the target has this room.
        unsafe { ptr::copy_nonoverlapping(from, self.at(offset), bytes.min(room)) };
    }

    /// Puts the bytes back, and forgets them.
    ///
    /// # Safety
    /// `to` is writable for so many, and not on a saved_state.
    pub unsafe fn restore(&self, part: Part, to: *mut u8, bytes: usize) {
        let (offset, room) = part.place();
        let (from, bytes) = (self.at(offset), bytes.min(room));
        // SAFETY: the target is the caller's promise; the source has this room.
        unsafe { ptr::copy_nonoverlapping(from, to, bytes) };
        // SAFETY: the same.
        unsafe { from.write_bytes(0, bytes) };
    }

    /// Copies the body of a request from the ring, and says where it lies.
    ///
    /// # Safety
    /// So many bytes, or [`BODY_BYTES`], are readable from `from`, which is not on a saved_state.
    pub unsafe fn copy_request(&self, from: *const u8, bytes: usize) -> u64 {
        let to = self.at(offset_of!(SavedStateSpace, request));
        // SAFETY: the source is the caller's promise; the saved_state has room for the longest body.
        unsafe { ptr::copy_nonoverlapping(from, to, bytes.min(BODY_BYTES)) };
        to as u64
    }

    /// Where that copy lies.
    #[must_use]
    pub fn request(&self) -> u64 {
        self.at(offset_of!(SavedStateSpace, request)) as u64
    }

    /// Forgets that copy.
    pub fn clear_request(&self, bytes: usize) {
        let at = self.at(offset_of!(SavedStateSpace, request));
        // SAFETY: the saved_state has room for the longest body.
        unsafe { at.write_bytes(0, bytes.min(BODY_BYTES)) };
    }

    fn kept(&self) -> *mut Option<SavedInvocation> {
        self.at(offset_of!(SavedStateSpace, kept)).cast()
    }

    fn at(&self, offset: usize) -> *mut u8 {
        self.space.as_ptr().cast::<u8>().wrapping_add(offset)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::alloc::{Layout, alloc_zeroed};

    use super::*;

    fn saved_state(number: u8) -> SavedState {
        // SAFETY: the layout is not empty. The memory is never freed: a saved_state is for ever.
        let space = unsafe { alloc_zeroed(Layout::new::<SavedStateSpace>()) };
        // SAFETY: zeroed memory of that layout, which nobody else knows.
        unsafe { SavedState::new(number, NonNull::new(space.cast()).unwrap()) }
    }

    #[test]
    fn bytes_come_back_and_are_forgotten() {
        let saved_state = saved_state(3);
        let said = [7_u8; LOG_BYTES + 1];
        let mut heard = [1_u8; LOG_BYTES + 1];
        // SAFETY: the array is readable.
        unsafe { saved_state.save(Part::Log, said.as_ptr(), said.len()) };
        // SAFETY: the array is writable.
        unsafe { saved_state.restore(Part::Log, heard.as_mut_ptr(), heard.len()) };
        assert!(heard[..LOG_BYTES].iter().all(|&byte| byte == 7));
        assert_eq!(heard[LOG_BYTES], 1, "no more than there is room for");
        // SAFETY: as above.
        unsafe { saved_state.restore(Part::Log, heard.as_mut_ptr(), 10) };
        assert_eq!(heard[..11], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
    }

    #[test]
    fn parts_do_not_overlap() {
        let parts = [Part::Log, Part::Reply, Part::Data].map(Part::place);
        let request = (offset_of!(SavedStateSpace, request), BODY_BYTES);
        for (a, &(start, bytes)) in parts.iter().chain([&request]).enumerate() {
            for (b, &(other, _)) in parts.iter().chain([&request]).enumerate() {
                assert!(a == b || other < start || other >= start + bytes);
            }
        }
    }

    #[test]
    fn shelf_is_taken_until_what_is_kept_is_taken_back() {
        let saved_state = saved_state(0);
        assert!(!saved_state.is_taken() && saved_state.take().is_none());
        let mut tokens = Tokens::new();
        tokens.create();
        saved_state.keep(SavedInvocation {
            invoke: Invoke::default(),
            left_ns: 5,
            verdict: Outcome::Ok,
            reply: Reply::default(),
            log_bytes: 9,
            tokens,
        });
        assert!(saved_state.is_taken());
        let mut kept = saved_state.take().unwrap();
        assert_eq!((kept.left_ns, kept.log_bytes, kept.tokens.reclaim().created), (5, 9, 1));
        assert!(!saved_state.is_taken());
    }

    #[test]
    fn request_is_copied_and_cleared() {
        let saved_state = saved_state(1);
        let body = *b"hello";
        // SAFETY: the body is readable.
        let at = unsafe { saved_state.copy_request(body.as_ptr(), body.len()) } as *const [u8; 5];
        // SAFETY: the copy lies on the saved_state.
        assert_eq!(unsafe { at.read() }, body);
        saved_state.clear_request(5);
        // SAFETY: the same.
        assert_eq!(unsafe { at.read() }, [0; 5]);
    }
}
