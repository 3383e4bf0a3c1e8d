//! Where the kernel enters a handler.
//!
//! The kernel clears the direction and trap flags, but leaves the alignment check as the interrupted code
//! had it: a handler that met a misaligned word of its own would trap, with that signal blocked, and the
//! process would be killed. So all handlers are entered by way of one sequence that clears the flags first.
//!
//! Source: Linux `arch/x86/kernel/signal.c`, `handle_signal`.

use core::arch::global_asm;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use super::flags::SERVICES_FLAGS;

/// One more than the highest signal number: signal(7).
const SIGNALS: usize = 65;

/// The handlers, by signal number.
static HANDLERS: [AtomicPtr<()>; SIGNALS] =
    [const { AtomicPtr::new(core::ptr::null_mut()) }; SIGNALS];

/// Whether a handler was entered since that was asked last.
static IS_ENTERED: AtomicBool = AtomicBool::new(false);

// Entry: edi signal, rsi siginfo, rdx ucontext; the stack as at a function's entry (rsp + 8 is 16-aligned).
// Exit: a jump to the handler, with all of that as it was, and the flags cleared. rax and rcx are lost.
global_asm!(
    ".globl mote_signal_entry",
    ".type mote_signal_entry, @function",
    "mote_signal_entry:",
    "pushfq",
    "and qword ptr [rsp], {KEPT_FLAGS}",
    "popfq",
    "mov byte ptr [rip + {IS_ENTERED}], 1",
    "mov eax, edi",
    "lea rcx, [rip + {HANDLERS}]",
    "jmp [rcx + 8 * rax]",
    ".size mote_signal_entry, . - mote_signal_entry",
    KEPT_FLAGS = const !(SERVICES_FLAGS as i32),
    HANDLERS = sym HANDLERS,
    IS_ENTERED = sym IS_ENTERED,
);

unsafe extern "C" {
    fn mote_signal_entry();
}

/// Whether a handler was entered since this was asked last: then there are registers of what it interrupted on the
/// alternate stack.
#[inline]
pub fn take_entered() -> bool {
    let was_entered = IS_ENTERED.load(Ordering::Relaxed);
    if was_entered {
        IS_ENTERED.store(false, Ordering::Relaxed);
    }
    was_entered
}

/// What the kernel is to enter for `signal` so that `handler` runs. A signal that does not exist has no
/// handler, and the kernel refuses it.
pub(crate) fn entry_for(signal: u32, handler: *const ()) -> usize {
    if let Some(place) = HANDLERS.get(signal as usize) {
        place.store(handler.cast_mut(), Ordering::Relaxed);
    }
    mote_signal_entry as *const () as usize
}
