//! The trap flag: the processor traps after each instruction while it is set, and the handler in
//! `torture` decides what a trap means.
//!
//! Source: Intel SDM 3B, 17.3.1.4.

use core::arch::asm;
use core::sync::atomic::{
    AtomicBool, AtomicU8, Ordering::Relaxed, Ordering::SeqCst, compiler_fence,
};

use mote_sigctx::arch::TRAP_FLAG;

/// Whether traps mean anything: the next one takes the flag away otherwise.
static IS_ON: AtomicBool = AtomicBool::new(false);

/// What is to be left out: a [`LeftOut`].
static LEFT_OUT: AtomicU8 = AtomicU8::new(LeftOut::Nothing as u8);

/// Long work of the host that need not be stepped. Each leaves out what those before it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum LeftOut {
    /// All is stepped.
    Nothing,
    /// Looking ahead of a raise: it decides whether its cleanup begins, and changes nothing.
    Probe,
    /// Walking from one landing pad to the next, where host text is not in reach.
    Walk,
}

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

/// Leaves out such work from now on.
pub fn leave_out(work: LeftOut) {
    LEFT_OUT.store(work as u8, Relaxed);
}

/// Where the variables lie, for the oracle: they change at any step.
#[must_use]
pub fn addresses() -> [core::ops::Range<u64>; 2] {
    [(&raw const IS_ON).addr(), (&raw const LEFT_OUT).addr()].map(|at| at as u64..at as u64 + 1)
}

fn set_trap_flag() {
    // SAFETY: the flag is set in the flags' image on the stack, below the red zone's end because no
    // `nostack` is promised; the trap handler is installed.
    unsafe {
        asm!("pushfq", "or qword ptr [rsp], {flag}", "popfq", flag = const TRAP_FLAG);
    }
}

/// Work of the host that is not stepped, from [`begin`](Self::begin) until the value is dropped.
#[derive(Debug)]
pub struct Unstepped {
    was_on: bool,
}

impl Unstepped {
    /// From here, if such work is left out.
    #[must_use]
    pub fn begin(work: LeftOut) -> Self {
        let was_on = is_on() && work as u8 <= LEFT_OUT.load(Relaxed);
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
