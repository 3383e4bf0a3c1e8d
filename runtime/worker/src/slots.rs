//! Stack slots: each has what one invocation needs from its entry to its end, so that it can be left
//! in the middle while another runs.
//!
//! ```text
//!  Host: the slot in use ◀── change ──▶ Slots: all others, free or paused
//!        arena, stack, shelf                   arena, stack, shelf; arena, stack, shelf; …
//! ```
//!
//! A worker has one slot in use, and pauses only while another is free: so the next invocation always
//! has one, and starting it costs no more than without slices. Everything is mapped at the start.
//! Called by `start`, `host`, [`pause`](crate::pause).

use core::mem;
use core::ops::Range;
use core::ptr;

use mote_abi::area::MAX_STACK_SLOTS;
use mote_alloc::Arena;

use crate::current::CURRENT;
use crate::host::{GiveBack, Host};
use crate::shelf::{Kept, Shelf};

/// What one invocation runs in.
#[derive(Debug)]
pub struct StackSlot {
    /// Its heap.
    pub arena: &'static mut Arena<GiveBack>,
    /// Its stack, above a guard.
    pub stack: Range<u64>,
    /// What else it needs to be paused, if it can be.
    pub shelf: Option<Shelf>,
}

/// The stack slots that are not in use, each at its number.
#[derive(Debug)]
pub struct Slots {
    parked: [Option<StackSlot>; MAX_STACK_SLOTS],
    slice_ns: u64,
}

impl Slots {
    /// None yet; `slice_ns` is how long an invocation runs before it may be paused.
    #[must_use]
    pub const fn new(slice_ns: u64) -> Self {
        Self { parked: [const { None }; MAX_STACK_SLOTS], slice_ns }
    }

    /// Adds one that is not in use. One without a shelf is of no use here.
    pub fn park(&mut self, slot: StackSlot) {
        let number = slot.shelf.as_ref().map(|shelf| usize::from(shelf.number()));
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
        self.shelf.as_ref().is_some_and(|shelf| !shelf.is_taken())
    }
}

impl Host {
    /// Tells the handlers of the slot in use. Its invocation can be paused if another slot is free.
    pub fn announce_slot(&mut self) {
        let has_room = self.slots.free().is_some();
        let frame = self.shelf.as_ref().map(Shelf::frame).filter(|_| has_room);
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
    pub fn change_to_paused(&mut self, number: usize) -> Option<Kept> {
        let place = self.slots.parked.get_mut(number)?;
        let kept = place.as_ref()?.shelf.as_ref()?.take()?;
        let slot = place.take()?;
        self.change(slot);
        Some(kept)
    }

    fn change(&mut self, next: StackSlot) {
        let last = StackSlot {
            arena: mem::replace(&mut self.arena, next.arena),
            stack: mem::replace(&mut self.stack, next.stack),
            shelf: mem::replace(&mut self.shelf, next.shelf),
        };
        self.slots.park(last);
        self.announce_slot();
    }
}
