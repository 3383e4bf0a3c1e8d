//! The heap of the running invocation, as services call it.

use core::alloc::Layout;
use core::ptr::{self, NonNull};

use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, Pending};
use mote_sigctx::unwind::ProbeSite;

use crate::calls::captured::frame;
use crate::host::{Host, lend};
use crate::preempt::current::CURRENT;
use crate::preempt::raise;

pub(super) extern "C" fn alloc(bytes: usize, align: usize) -> *mut u8 {
    allocate(bytes, align, Host::alloc)
}

pub(super) extern "C" fn alloc_zeroed(bytes: usize, align: usize) -> *mut u8 {
    allocate(bytes, align, Host::alloc_zeroed)
}

pub(super) extern "C" fn alloc_late(bytes: usize, align: usize) -> *mut u8 {
    if is_refused() { ptr::null_mut() } else { alloc(bytes, align) }
}

pub(super) extern "C" fn alloc_zeroed_late(bytes: usize, align: usize) -> *mut u8 {
    if is_refused() { ptr::null_mut() } else { alloc_zeroed(bytes, align) }
}

pub(super) extern "C" fn dealloc(block: *mut u8, bytes: usize, align: usize) {
    if let (Some(block), Ok(layout)) = (NonNull::new(block), Layout::from_size_align(bytes, align))
    {
        lend(|host| host.dealloc(block, layout));
    }
}

/// Null when memory is out. What the service makes of that shows later: if it does not cope, it calls
/// [`refused`](super::panics::refused).
#[inline]
fn allocate(
    bytes: usize,
    align: usize,
    from: impl FnOnce(&mut Host, Layout) -> *mut u8,
) -> *mut u8 {
    match Layout::from_size_align(bytes, align) {
        Ok(layout) => lend(|host| from(host, layout)),
        Err(_) => ptr::null_mut(),
    }
}

/// Whether an allocation returns null because the soft deadline has passed, so that the service raises
/// by itself. Once a raise is under way, nothing is pending, and destructors may allocate again.
fn is_refused() -> bool {
    // The panic does not come from the allocation, but from where the service finds that it failed.
    let is_refused = Crossing::get().pending() == Pending::RaiseAtCall
        && lend(|host| raise::can_unwind(host, frame(), ProbeSite::Unknown));
    if is_refused {
        CURRENT.judge(Outcome::OverBudget);
    }
    is_refused
}
