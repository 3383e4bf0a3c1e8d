//! Stack slots: each has what one invocation needs from its entry to its end, so that it can be left
//! in the middle while another runs.
//!
//! ```text
//!  StackSlots: current ◀── switch ──▶ others, free or paused
//!        arena, stack, saved state      arena, stack, saved state; arena, stack, saved state; …
//! ```
//!
//! A worker has one current slot, and pauses only while another is free: so the next invocation always
//! has one, and starting it costs no more than without slices. Everything is mapped at the start.
//! Called by `start` and the host.

use core::mem;
use core::ops::Range;
use core::ptr;

use mote_abi::area::MAX_STACK_SLOTS;
use mote_alloc::Arena;
use mote_sigctx::arch::SavedFrame;

use crate::host::saved_state::{SavedInvocation, SavedState};
use crate::sys::pages::ArenaPages;

/// Bytes of the guard below a stack: more than a page, so that code which touches its frame out of
/// order still meets it.
pub const GUARD_BYTES: u64 = 64 << 10;

/// What one invocation runs in.
#[derive(Debug)]
pub struct StackSlot {
    /// Its heap.
    pub arena: &'static mut Arena<ArenaPages>,
    /// Its stack, above a guard.
    pub stack: Range<u64>,
    /// What else it needs to be paused, if it can be.
    pub saved_state: Option<SavedState>,
}

/// All stack slots of the worker.
#[derive(Debug)]
pub struct StackSlots {
    /// The one in use.
    pub current: StackSlot,
    /// The others, each at its number.
    others: [Option<StackSlot>; MAX_STACK_SLOTS],
    /// The numbers of those in which nothing is paused.
    free: Numbers,
    slice_ns: u64,
}

/// What handlers must know of the current slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The stack that the service runs on.
    pub stack: Range<u64>,
    /// How long it may run before it is paused; `u64::MAX` if it cannot be.
    pub slice_ns: u64,
    /// Where its registers are saved then; null if it cannot be paused.
    pub frame: *mut SavedFrame,
}

impl StackSlots {
    /// One slot; `slice_ns` is how long an invocation runs before it may be paused.
    #[must_use]
    pub const fn new(current: StackSlot, slice_ns: u64) -> Self {
        let others = [const { None }; MAX_STACK_SLOTS];
        Self { current, others, free: Numbers::new(), slice_ns }
    }

    /// Adds one that is not in use. One without a saved state is of no use here.
    pub fn add(&mut self, slot: StackSlot) {
        let Some(state) = &slot.saved_state else { return };
        let number = state.number();
        if !state.is_taken() {
            self.free.push(number);
        }
        if let Some(place) = self.others.get_mut(usize::from(number)) {
            *place = Some(slot);
        }
    }

    /// Whether another slot is free.
    #[must_use]
    pub fn has_free(&self) -> bool {
        !self.free.is_empty()
    }

    /// Where the next invocation runs. It can be paused if another slot is free.
    #[must_use]
    pub fn placement(&self) -> Placement {
        let state = self.current.saved_state.as_ref().filter(|_| !self.free.is_empty());
        Placement {
            stack: self.current.stack.clone(),
            slice_ns: state.map_or(u64::MAX, |_| self.slice_ns),
            frame: state.map_or(ptr::null_mut(), SavedState::frame),
        }
    }

    /// Leaves the current slot, whose invocation is paused or over, for a free one. False if there is
    /// none.
    #[must_use]
    pub fn switch_to_free(&mut self) -> bool {
        let Some(number) = self.free.pop() else { return false };
        self.switch_to(number).is_some()
    }

    /// Leaves the current slot, which is free, for the one where an invocation was paused; what was
    /// saved of it. `None` if there is none.
    #[must_use]
    pub fn switch_to_paused(&mut self, number: u16) -> Option<SavedInvocation> {
        let place = self.others.get_mut(usize::from(number))?;
        let saved = place.as_mut()?.saved_state.as_mut()?.take()?;
        self.switch_to(number)?;
        Some(saved)
    }

    fn switch_to(&mut self, number: u16) -> Option<()> {
        let next = self.others.get_mut(usize::from(number))?.take()?;
        let last = mem::replace(&mut self.current, next);
        self.add(last);
        Some(())
    }
}

/// Numbers of slots, last in, first out: the slot that was left last is the one that is still cached.
#[derive(Debug)]
struct Numbers {
    all: [u16; MAX_STACK_SLOTS],
    len: usize,
}

impl Numbers {
    const fn new() -> Self {
        Self { all: [0; MAX_STACK_SLOTS], len: 0 }
    }

    fn push(&mut self, number: u16) {
        if let Some(place) = self.all.get_mut(self.len) {
            *place = number;
            self.len += 1;
        }
    }

    fn pop(&mut self) -> Option<u16> {
        self.len = self.len.checked_sub(1)?;
        Some(self.all[self.len])
    }

    fn is_empty(&self) -> bool {
        self.len == 0
    }
}
