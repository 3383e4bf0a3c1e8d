//! What the worker owns while services run: areas, stack slots, tokens, and the state of the running
//! invocation that only host code touches.
//!
//! There is one [`Host`] in a process, behind [`get`]. Signal handlers never touch it; what they need
//! is in [`current`](crate::preempt::current).

pub mod saved_state;
pub mod stack_slot;
pub mod tokens;

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ops::Range;
use core::ptr::NonNull;

use mote_abi::area::{
    BODIES_OFFSET, BODY_BYTES, Inbox, LOG_BYTES, LOGS_OFFSET, Outbox, RING_ENTRIES,
};
use mote_abi::line::index;
use mote_abi::message::Invoke;
use mote_alloc::{Arena, PageSource};
use mote_sigctx::unwind::HostText;

use crate::host::saved_state::{SavedInvocation, SavedState};
use crate::host::stack_slot::StackSlots;
use crate::host::tokens::Tokens;
use crate::start::memory;

/// What the worker owns.
#[derive(Debug)]
pub struct Host {
    /// The two shared areas.
    pub areas: Areas,
    /// The heap of the running invocation.
    pub arena: &'static mut Arena<ReleasePages>,
    /// Its handle table.
    pub tokens: Tokens,
    /// Its stack.
    pub stack: Range<u64>,
    /// What else its stack slot has, if it may be paused.
    pub saved_state: Option<SavedState>,
    /// The other stack slots.
    pub slots: StackSlots,
    /// Where its request's body lies.
    pub body: u64,
    /// Its request.
    pub invoke: Invoke,
    /// Its sequence number.
    pub sequence: u64,
    /// What it handed over.
    pub reply: Reply,
    /// Bytes in its log.
    pub log_bytes: usize,
    /// Whether a host call left its work undone because of what is pending: the service must not see it.
    pub is_cut_short: bool,
    /// What unwinding it took.
    pub unwinding: Unwinding,
    /// The worker's own code whose frames may lie between a service's.
    pub host_text: HostText,
    /// How many zones there are.
    pub zones: usize,
    /// The zones' generation when this processor last serialized.
    pub generation: u32,
}

/// What a service handed over, or what is said in its stead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Whether the service handed anything over.
    pub is_given: bool,
    /// Whether it is an error's text.
    pub is_error: bool,
    /// Its length.
    pub bytes: usize,
}

/// What unwinding an invocation took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unwinding {
    /// Landing pads that ran.
    pub landing_pads: u16,
    /// Frames that were left.
    pub frames: u16,
    /// Frames whose LSDA did not cover the instruction.
    pub gaps: u16,
}

/// Gives arena pages back to the kernel.
#[derive(Debug)]
pub struct ReleasePages;

impl PageSource for ReleasePages {
    unsafe fn release(&mut self, start: NonNull<u8>, bytes: usize) -> bool {
        // SAFETY: the arena's region is a private anonymous mapping, and the arena gives only what it
        // does not need.
        unsafe { memory::release(start.as_ptr(), bytes) }.is_ok()
    }
}

/// The two shared areas, as this worker has mapped them.
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
        self.inbox.as_ptr().wrapping_add(body_offset(sequence))
    }

    /// Where the body of reply `sequence` goes: `BODY_BYTES` bytes.
    #[must_use]
    pub fn reply(&self, sequence: u64) -> *mut u8 {
        self.outbox.as_ptr().wrapping_add(body_offset(sequence))
    }

    /// Where the log of `sequence` goes: `LOG_BYTES` bytes.
    #[must_use]
    pub fn log(&self, sequence: u64) -> *mut u8 {
        let offset = LOGS_OFFSET + index(sequence, RING_ENTRIES) * LOG_BYTES;
        self.outbox.as_ptr().wrapping_add(offset)
    }
}

fn body_offset(sequence: u64) -> usize {
    BODIES_OFFSET + index(sequence, RING_ENTRIES) * BODY_BYTES
}

impl Host {
    /// Forgets the last invocation. Arena and tokens are emptied when an invocation ends.
    ///
    /// The ring's line is used again when an invocation is paused; so one that may be gets a body of
    /// its own.
    #[inline]
    pub fn begin(&mut self, sequence: u64, invoke: Invoke) {
        self.sequence = sequence;
        self.invoke = invoke;
        let request = self.areas.request(sequence);
        self.body = match &self.saved_state {
            None => request as u64,
            // SAFETY: the ring has room for the longest body, and lies in the inbox.
            Some(saved_state) => unsafe {
                saved_state.copy_request(request, invoke.body_bytes as usize)
            },
        };
        self.reply = Reply::default();
        self.log_bytes = 0;
        self.is_cut_short = false;
        self.unwinding = Unwinding::default();
    }

    /// Remembers an invocation that was paused in the slot that is in use now, and goes on as number
    /// `sequence`.
    pub fn go_on(&mut self, sequence: u64, kept: SavedInvocation) {
        self.sequence = sequence;
        self.invoke = kept.invoke;
        self.body = self.saved_state.as_ref().map_or(0, SavedState::request);
        self.reply = kept.reply;
        self.log_bytes = kept.log_bytes;
        self.tokens = kept.tokens;
        // A raise ends an invocation, so none has begun.
        self.unwinding = Unwinding::default();
    }

    /// Whether the running service may read the `bytes` bytes at `address`: they lie on its stack, in
    /// the arena, in the windows, or in its request.
    #[must_use]
    pub fn is_services(&self, address: u64, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let inside = |range: Range<u64>| {
            address >= range.start && address <= range.end && range.end - address >= bytes
        };
        let arena = self.arena.addresses();
        inside(arena.start as u64..arena.end as u64)
            || inside(self.stack.clone())
            || mote_abi::windows::is_inside_one_window(address, bytes, self.zones)
            || inside(self.body..self.body + u64::from(self.invoke.body_bytes))
    }
}

struct HostCell(UnsafeCell<MaybeUninit<Host>>);

// SAFETY: a worker has one thread; see `get` for nesting.
unsafe impl Sync for HostCell {}

static HOST: HostCell = HostCell(UnsafeCell::new(MaybeUninit::uninit()));

/// Puts the host in its place.
///
/// # Safety
/// Called once, before [`get`].
pub unsafe fn set(host: Host) -> &'static mut Host {
    // SAFETY: nobody has a reference yet, by the contract.
    let cell = unsafe { &mut *HOST.0.get() };
    cell.write(host)
}

/// The host.
///
/// # Safety
/// [`set`] was called, and no other reference is in use: the loop holds none while a service runs, a
/// host call none when it returns or leaves, host calls never nest, and handlers never call this.
#[must_use]
pub unsafe fn get() -> &'static mut Host {
    // SAFETY: the contract makes this the only reference.
    let cell = unsafe { &mut *HOST.0.get() };
    // SAFETY: `set` initialised it.
    unsafe { cell.assume_init_mut() }
}
