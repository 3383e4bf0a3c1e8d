//! Stack slots: each has what one invocation needs from its entry to its end, so that it can be left
//! in the middle while another runs.
//!
//! ```text
//!  Host: the slot in use ◀── change ──▶ StackSlots: all others, free or paused
//!        arena, stack, saved_state                   arena, stack, saved_state; arena, stack, saved_state; …
//! ```
//!
//! A worker has one slot in use, and pauses only while another is free: so the next invocation always
//! has one, and starting it costs no more than without slices. Everything is mapped at the start.
//! Called by `start`, `host`, [`pause`](crate::invocation::pause).

use core::mem;
use core::ops::Range;
use core::ptr;

use mote_abi::area::MAX_STACK_SLOTS;
use mote_alloc::Arena;

use crate::host::saved_state::{SavedInvocation, SavedState};
use crate::host::{Host, ReleasePages};
use crate::preempt::current::CURRENT;

/// What one invocation runs in.
#[derive(Debug)]
pub struct StackSlot {
    /// Its heap.
    pub arena: &'static mut Arena<ReleasePages>,
    /// Its stack, above a guard.
    pub stack: Range<u64>,
    /// What else it needs to be paused, if it can be.
    pub saved_state: Option<SavedState>,
}

/// The stack slots that are not in use, each at its number.
#[derive(Debug)]
pub struct StackSlots {
    parked: [Option<StackSlot>; MAX_STACK_SLOTS],
    slice_ns: u64,
}

impl StackSlots {
    /// None yet; `slice_ns` is how long an invocation runs before it may be paused.
    #[must_use]
    pub const fn new(slice_ns: u64) -> Self {
        Self { parked: [const { None }; MAX_STACK_SLOTS], slice_ns }
    }

    /// Adds one that is not in use. One without a saved_state is of no use here.
    pub fn park(&mut self, slot: StackSlot) {
        let number = slot.saved_state.as_ref().map(|saved_state| usize::from(saved_state.number()));
        if let Some(place) = number.and_then(|number| self.parked.get_mut(number)) {
            *place = Some(slot);
        }
    }

    fn free(&mut self) -> Option<&mut Option<StackSlot>> {
        self.parked.iter_mut().find(|slot| slot.as_ref().is_some_and(StackSlot::is_free))
    }
}

impl StackSlot {
    fn is_free(&self) -> bool {
        self.saved_state.as_ref().is_some_and(|saved_state| !saved_state.is_taken())
    }
}

impl Host {
    /// Tells the handlers of the slot in use. Its invocation can be paused if another slot is free.
    pub fn publish_slot(&mut self) {
        let has_room = self.slots.free().is_some();
        let frame = self.saved_state.as_ref().map(SavedState::frame).filter(|_| has_room);
        let slice_ns = if frame.is_some() { self.slots.slice_ns } else { u64::MAX };
        CURRENT.set_slot(&self.stack, slice_ns, frame.unwrap_or(ptr::null_mut()));
    }

    /// Leaves the slot in use, whose invocation is paused or over, for a free one. False if there is
    /// none.
    #[must_use]
    pub fn change_to_free(&mut self) -> bool {
        let Some(free) = self.slots.free().and_then(Option::take) else { return false };
        self.change(free);
        true
    }

    /// Leaves the slot in use, which is free, for the one where an invocation was paused; what was
    /// noted of it. `None` if there is none.
    #[must_use]
    pub fn change_to_paused(&mut self, number: usize) -> Option<SavedInvocation> {
        let place = self.slots.parked.get_mut(number)?;
        let kept = place.as_ref()?.saved_state.as_ref()?.take()?;
        let slot = place.take()?;
        self.change(slot);
        Some(kept)
    }

    fn change(&mut self, next: StackSlot) {
        let last = StackSlot {
            arena: mem::replace(&mut self.arena, next.arena),
            stack: mem::replace(&mut self.stack, next.stack),
            saved_state: mem::replace(&mut self.saved_state, next.saved_state),
        };
        self.slots.park(last);
        self.publish_slot();
    }
}
