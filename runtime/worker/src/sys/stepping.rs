//! The trap flag: the processor traps after each instruction while it is set, and the handler in
//! `torture` decides what a trap means.
//!
//! Source: Intel SDM 3B, 17.3.1.4.

use core::arch::asm;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed, Ordering::SeqCst, compiler_fence};

use mote_sigctx::arch::TRAP_FLAG;

/// Whether traps mean anything: the next one takes the flag away otherwise.
static IS_ON: AtomicBool = AtomicBool::new(false);

/// Whether work that is [`Unstepped`] is to be left out.
static LEAVES_OUT: AtomicBool = AtomicBool::new(false);

/// Whether traps mean anything.
#[must_use]
pub fn is_on() -> bool {
    IS_ON.load(Relaxed)
}

/// Makes the next instructions trap.
pub fn start() {
    IS_ON.store(true, Relaxed);
    compiler_fence(SeqCst);
    set_trap_flag();
}

/// Ends that: the next trap takes the flag away.
pub fn stop() {
    IS_ON.store(false, Relaxed);
    compiler_fence(SeqCst);
}

/// Whether work that is [`Unstepped`] is left out from now on.
pub fn leave_out(leaves_out: bool) {
    LEAVES_OUT.store(leaves_out, Relaxed);
}

/// Where the variables lie, for the oracle: they change at any step.
#[must_use]
pub fn addresses() -> [core::ops::Range<u64>; 2] {
    [&IS_ON, &LEAVES_OUT].map(|flag| {
        let at = core::ptr::from_ref(flag).addr() as u64;
        at..at + size_of::<AtomicBool>() as u64
    })
}

fn set_trap_flag() {
    // SAFETY: the flag is set in the flags' image on the stack, below the red zone's end because no
    // `nostack` is promised; the trap handler is installed.
    unsafe {
        asm!("pushfq", "or qword ptr [rsp], {flag}", "popfq", flag = const TRAP_FLAG);
    }
}

/// Work of the host that is not stepped, from [`begin`](Self::begin) until the value is dropped: looking
/// ahead of a raise decides whether its cleanup begins, is long, and changes nothing.
#[derive(Debug)]
pub struct Unstepped {
    was_on: bool,
}

impl Unstepped {
    /// From here.
    #[must_use]
    pub fn begin() -> Self {
        let was_on = is_on() && LEAVES_OUT.load(Relaxed);
        if was_on {
            stop();
        }
        Self { was_on }
    }
}

impl Drop for Unstepped {
    fn drop(&mut self) {
        if self.was_on {
            start();
        }
    }
}
