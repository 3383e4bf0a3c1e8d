//! The heap of the running invocation, as services call it.

use core::alloc::Layout;
use core::ptr;

use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, Pending};
use mote_sigctx::unwind::ProbeSite;

use super::{PIECE_BYTES, captured_frame, host};
use crate::host::Host;
use crate::preempt::current::CURRENT;
use crate::preempt::raise;

pub(super) extern "C" fn alloc(bytes: usize, align: usize) -> *mut u8 {
    allocate(bytes, align, |host, layout| host.arena.alloc(layout))
}

pub(super) extern "C" fn alloc_zeroed(bytes: usize, align: usize) -> *mut u8 {
    allocate(bytes, align, |host, layout| {
        let block = host.arena.alloc(layout);
        if !block.is_null() {
            zero(block, layout.size());
        }
        block
    })
}

pub(super) extern "C" fn alloc_late(bytes: usize, align: usize) -> *mut u8 {
    if is_refused() { ptr::null_mut() } else { alloc(bytes, align) }
}

pub(super) extern "C" fn alloc_zeroed_late(bytes: usize, align: usize) -> *mut u8 {
    if is_refused() { ptr::null_mut() } else { alloc_zeroed(bytes, align) }
}

/// Whether an allocation returns null because the soft deadline has passed, so that the service raises
/// by itself. Once a raise is under way, nothing is pending, and destructors may allocate again.
fn is_refused() -> bool {
    // The panic does not come from the allocation, but from where the service finds that it failed.
    let is_refused = Crossing::get().pending() == Pending::RaiseAtCall
        && raise::can_unwind(host(), captured_frame(), ProbeSite::Unknown);
    if is_refused {
        CURRENT.judge(Outcome::OverBudget);
    }
    is_refused
}

/// Null when memory is out.
fn allocate(
    bytes: usize,
    align: usize,
    from: impl FnOnce(&mut Host, Layout) -> *mut u8,
) -> *mut u8 {
    let block = match Layout::from_size_align(bytes, align) {
        Ok(layout) => from(host(), layout),
        Err(_) => ptr::null_mut(),
    };
    if !CURRENT.is_raised() {
        note_memory(block.is_null());
    }
    block
}

/// A refused allocation is why a service panics next, unless it copes and allocates again.
fn note_memory(is_refused: bool) {
    match (is_refused, CURRENT.verdict()) {
        (true, _) => CURRENT.judge(Outcome::OverMemory),
        (false, Outcome::OverMemory) => CURRENT.judge(Outcome::Ok),
        (false, _) => {}
    }
}

/// Zeroes a block that may be large, unless the service is being discarded and will not see it.
fn zero(block: *mut u8, bytes: usize) {
    for start in (0..bytes).step_by(PIECE_BYTES) {
        if Crossing::get().pending() == Pending::Discard {
            return;
        }
        let piece = PIECE_BYTES.min(bytes - start);
        // SAFETY: the block has `bytes` bytes, just allocated, and this is a part of it.
        unsafe { block.wrapping_add(start).write_bytes(0, piece) };
    }
}

pub(super) extern "C" fn dealloc(block: *mut u8, bytes: usize, align: usize) {
    let Ok(layout) = Layout::from_size_align(bytes, align) else { return };
    // SAFETY: safe Rust frees what it allocated, once, with its layout. Code that does not is stopped
    // by the heap's own checks at worst, which end this worker only.
    unsafe { host().arena.dealloc(block, layout) };
}
