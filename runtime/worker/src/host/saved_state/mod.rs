//! What a paused invocation leaves besides its stack and heap.
//!
//! ```text
//!  saved state: frame (registers) │ saved invocation │ log │ request │ reply │ answer │ data segment
//! ```
//!
//! The handler writes the frame, host code all else, and never both at once. Each part begins with a page of
//! its own, so that it takes memory for those bytes only that were saved, and gives back what was much.
//!
//! Called by [`stack_slot`](crate::host::stack_slot) and the host.

use core::fmt;
use core::mem::offset_of;
use core::ptr::{self, NonNull};

use mote_abi::area::{BODY_BYTES, LOG_BYTES};
use mote_abi::image::DATA_LIMIT_BYTES;
use mote_abi::message::Invoke;
use mote_abi::outcome::Outcome;
use mote_sigctx::arch::SavedFrame;

use crate::host::host_call::HostCall;
use crate::host::reply::Reply;
use crate::host::tokens::Tokens;
use crate::sys::pages::{self, PAGE_BYTES};

/// Up to so many bytes are zeroed when they are forgotten; of more, the pages are given back.
const KEPT_BYTES: usize = 64 << 10;

/// What the host knows of an invocation that is paused.
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
    /// Bytes of the last replies of upstreams.
    pub answer_bytes: usize,
    /// The host call that it waits in; `None`: it is saved in the frame.
    pub call: Option<HostCall>,
}

/// Bytes that begin with a page of their own.
#[repr(C, align(4096))]
struct OwnPages<const BYTES: usize>([u8; BYTES]);

/// The memory of a saved state.
#[repr(C)]
pub struct SavedStateSpace {
    frame: SavedFrame,
    saved: Option<SavedInvocation>,
    log: OwnPages<LOG_BYTES>,
    request: OwnPages<BODY_BYTES>,
    reply: OwnPages<BODY_BYTES>,
    answer: OwnPages<BODY_BYTES>,
    data: OwnPages<{ DATA_LIMIT_BYTES as usize }>,
}

const _: () = assert!(align_of::<OwnPages<1>>() == PAGE_BYTES);

/// The bytes that a paused invocation leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its log.
    Log,
    /// The body of its request.
    Request,
    /// The body of its reply.
    Reply,
    /// The last replies of upstreams: they stay here, and the service reads them.
    Answer,
    /// The data segment of its image.
    Data,
}

impl Part {
    /// Where they are saved, and how much room there is.
    const fn place(self) -> (usize, usize) {
        match self {
            Self::Log => (offset_of!(SavedStateSpace, log), LOG_BYTES),
            Self::Request => (offset_of!(SavedStateSpace, request), BODY_BYTES),
            Self::Reply => (offset_of!(SavedStateSpace, reply), BODY_BYTES),
            Self::Answer => (offset_of!(SavedStateSpace, answer), BODY_BYTES),
            Self::Data => (offset_of!(SavedStateSpace, data), DATA_LIMIT_BYTES as usize),
        }
    }
}

/// Where an invocation leaves everything but its stack and heap.
pub struct SavedState {
    number: u16,
    space: NonNull<SavedStateSpace>,
    /// Whether registers may have been saved in the frame since it was forgotten.
    has_frame: bool,
}

impl fmt::Debug for SavedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedState").field("number", &self.number).finish_non_exhaustive()
    }
}

impl SavedState {
    /// The saved state of slot `number` over `space`.
    ///
    /// # Safety
    /// `space` is a private anonymous mapping, all zeros, and nobody else's until the process ends.
    #[must_use]
    pub unsafe fn new(number: u16, space: NonNull<SavedStateSpace>) -> Self {
        let state = Self { number, space, has_frame: false };
        // SAFETY: by the contract; an `Option` need not be valid as zeros, so it is written.
        unsafe { state.saved().write(None) };
        state
    }

    /// The slot's number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Where registers are saved.
    #[must_use]
    pub fn frame(&self) -> *mut SavedFrame {
        self.at(offset_of!(SavedStateSpace, frame)).cast()
    }

    /// Whether an invocation is paused here.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        // SAFETY: `new` wrote it, and only host code touches it, one reference at a time.
        unsafe { (*self.saved()).is_some() }
    }

    /// Saves what the host knows of the invocation.
    pub fn put(&mut self, saved: SavedInvocation) {
        self.has_frame = true;
        // SAFETY: as in `is_taken`. What was there is `None`: nothing needs dropping.
        unsafe { self.saved().write(Some(saved)) };
    }

    /// Takes that back.
    #[must_use]
    pub fn take(&mut self) -> Option<SavedInvocation> {
        // SAFETY: as in `is_taken`.
        unsafe { (*self.saved()).take() }
    }

    /// Saves a copy of `bytes` bytes, or as many as there is room for, and says where it lies.
    ///
    /// # Safety
    /// So many bytes are readable from `from`, which is not in a saved state.
    pub(super) unsafe fn save(&mut self, part: Part, from: *const u8, bytes: usize) -> u64 {
        let (offset, room) = part.place();
        let to = self.at(offset);
        // SAFETY: the source is the caller's promise; the target has this room.
        unsafe { ptr::copy_nonoverlapping(from, to, bytes.min(room)) };
        to as u64
    }

    /// Puts the bytes back, and forgets them.
    ///
    /// # Safety
    /// `to` is writable for so many, and not in a saved state.
    pub(super) unsafe fn restore(&mut self, part: Part, to: *mut u8, bytes: usize) {
        let (offset, room) = part.place();
        // SAFETY: the target is the caller's promise; the source has this room.
        unsafe { ptr::copy_nonoverlapping(self.at(offset), to, bytes.min(room)) };
        self.forget(part, bytes);
    }

    /// Where the bytes lie while they are saved.
    #[must_use]
    pub fn address(&self, part: Part) -> u64 {
        self.at(part.place().0) as u64
    }

    /// Makes the first `bytes` bytes zeros again.
    pub fn forget(&mut self, part: Part, bytes: usize) {
        let (offset, room) = part.place();
        let bytes = bytes.min(room);
        if bytes > KEPT_BYTES && self.give_back(offset, bytes.next_multiple_of(PAGE_BYTES)) {
            return;
        }
        // SAFETY: the part has this room, and nobody uses what is to be forgotten.
        unsafe { self.at(offset).write_bytes(0, bytes) };
    }

    /// Makes the frame zeros, if the invocation that is over was ever paused.
    pub fn forget_frame(&mut self) {
        if self.has_frame {
            self.has_frame = false;
            // SAFETY: the frame is plain bytes, and no handler touches it while nothing runs.
            unsafe { self.frame().write_bytes(0, 1) };
        }
    }

    fn give_back(&self, offset: usize, bytes: usize) -> bool {
        let Some(start) = NonNull::new(self.at(offset)) else { return false };
        // SAFETY: the part begins with a page and shares none; it lies in a private anonymous mapping by
        // the contract of `new`, and nobody uses what is to be forgotten.
        unsafe { pages::release(start, bytes) }
    }

    fn saved(&self) -> *mut Option<SavedInvocation> {
        self.at(offset_of!(SavedStateSpace, saved)).cast()
    }

    fn at(&self, offset: usize) -> *mut u8 {
        self.space.as_ptr().cast::<u8>().wrapping_add(offset)
    }
}

#[cfg(test)]
mod tests;
