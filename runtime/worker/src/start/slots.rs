//! The stack slots of the worker, mapped: see [`stack_slot`](crate::host::stack_slot).

use core::sync::atomic::Ordering::Relaxed;

use mote_abi::area::{MAX_STACK_SLOTS, StartParameters};
use mote_alloc::{Arena, ChunkSource, Region};
use rustix::io::Errno;

use crate::host::saved_state::SavedState;
use crate::host::stack_slot::{StackSlot, StackSlots};
use crate::start::memory::{self, Presence};
use crate::sys::pages::ArenaPages;

/// So many slots have the memory of ordinary invocations from the start: the one in use and the ones that
/// are used next. Where hundreds may be paused, the others take it when they are used.
const READY_SLOTS: u16 = 4;

/// Maps as many as `start` asks for. Where there is one, nothing can be paused.
///
/// # Errors
/// The kernel's.
pub fn map(start: &StartParameters, chunks: &'static ChunkSource) -> Result<StackSlots, Errno> {
    let slice_ns = match start.slice_us.load(Relaxed) {
        0 => u64::MAX,
        slice_us => u64::from(slice_us) * 1000,
    };
    let count = start.stack_slots.load(Relaxed).clamp(1, MAX_STACK_SLOTS as u32) as u16;
    if count == 1 {
        return Ok(StackSlots::new(stack_slot(start, chunks, Presence::Ordinary)?, slice_ns));
    }
    let mut slots = StackSlots::new(numbered(0, start, chunks)?, slice_ns);
    // The first to be used is the last that is added.
    for number in (1..count).rev() {
        slots.add(numbered(number, start, chunks)?);
    }
    Ok(slots)
}

/// A stack slot where an invocation can be paused.
fn numbered(
    number: u16,
    start: &StartParameters,
    chunks: &'static ChunkSource,
) -> Result<StackSlot, Errno> {
    let presence = if number < READY_SLOTS { Presence::Ordinary } else { Presence::WhenUsed };
    let space = memory::saved_state()?;
    // SAFETY: freshly mapped for this, never unmapped.
    let saved_state = Some(unsafe { SavedState::new(number, space) });
    Ok(StackSlot { saved_state, ..stack_slot(start, chunks, presence)? })
}

/// A stack slot where nothing can be paused.
fn stack_slot(
    start: &StartParameters,
    chunks: &'static ChunkSource,
    presence: Presence,
) -> Result<StackSlot, Errno> {
    let stack = memory::stack(start.stack_kib.load(Relaxed) as usize * 1024, presence)?;
    let arena = arena(start.arena_kib.load(Relaxed) as usize * 1024, chunks, presence)?;
    Ok(StackSlot { arena: memory::place(arena)?, stack, saved_state: None })
}

fn arena(
    limit_bytes: usize,
    chunks: &'static ChunkSource,
    presence: Presence,
) -> Result<Arena<ArenaPages>, Errno> {
    let bytes = Region::bytes_for(limit_bytes);
    let base = memory::arena(bytes, presence)?;
    // SAFETY: a fresh private mapping of that length, which nobody else knows.
    let region = unsafe { Region::new(base, bytes) };
    // SAFETY: the arena gets a place of its own before its first use, and is discarded only after its
    // invocation has ended. Arenas are discarded one at a time.
    unsafe { Arena::new(region, chunks, ArenaPages) }.map_err(|_| Errno::NOMEM)
}
