//! From host code back to the worker's loop, or into the service at another place than where it called.
//!
//! All of these run on the host stack during an invocation, and abandon the frames of the host call that
//! is under way. What such a frame owns is forgotten; the one thing that must not be is the
//! [`Host`](crate::host::Host), so nobody leaves while it is lent.

use mote_sigctx::arch::{self, Crossing, CrossingResult};
use mote_sigctx::registers::Registers;

use crate::host;
use crate::preempt::current::CURRENT;
use crate::sys::exit::abort;

/// Ends the run of the service that is under way, with `result`.
pub fn leave(result: CrossingResult) -> ! {
    check();
    // SAFETY: `check` found an `enter` or `resume` under way. Handlers, which run on another stack, do not
    // call this. No frame between holds a value whose destructor matters: see the module.
    unsafe { arch::leave(result) }
}

/// Continues the service at `registers`: those of a landing pad on its stack, or those that it has after
/// the call that is under way, whose work is done.
pub fn land(registers: &Registers) -> ! {
    check();
    // SAFETY: as in `leave`. What the service does with wrong registers harms the service alone: its text
    // is contained as that of any image.
    unsafe { arch::land(registers) }
}

/// Pauses the service on its way back from a host call, with its registers captured.
pub fn pause() -> ! {
    check();
    // From here on, no handler touches the frame.
    CURRENT.set_saved(true);
    // SAFETY: a pause is pending only where a frame was set, and a handler prepared it.
    unsafe { (*CURRENT.frame()).save_call(&Crossing::get().captured()) };
    leave(CrossingResult::Paused)
}

/// Suspends the service in the host call that is under way, and that the host has noted.
pub fn suspend() -> ! {
    check();
    // From here on, signals for it are stale.
    CURRENT.set_saved(true);
    leave(CrossingResult::Paused)
}

/// Returns from the host call that is under way, with `registers`: those that were captured, but for what the
/// call returns.
pub fn answer(registers: &Registers) -> ! {
    check();
    // SAFETY: as in `leave`; the registers are by the caller's word those of the call.
    unsafe { arch::answer(registers) }
}

/// The registers with which a paused service is about to go on.
#[must_use]
pub fn paused_registers() -> Registers {
    // SAFETY: a service is being resumed, so its frame is there, and the kernel did not take it.
    unsafe { (*CURRENT.frame()).registers() }
}

/// Ends the worker if there is nothing to leave, or the host would be left lent.
fn check() {
    if CURRENT.sequence() == 0 || host::is_lent() {
        abort();
    }
}
