//! Back to a service from a host call that captured its registers: at once, or after others have run meanwhile.

use core::arch::global_asm;
use core::mem::offset_of;
use core::sync::atomic::Ordering;

use super::super::control_words::ControlWords;
use super::super::registers::{Registers, dwarf};
use super::edges::restartable;
use super::shared::{CROSSING, Crossing, CrossingResult, ReturnPath};

/// Offset in a [`Crossing`] of the captured register with that number.
const fn captured(register: u16) -> usize {
    offset_of!(Crossing, captured) + size_of::<u64>() * register as usize
}

// mote_reenter(rdi ControlWords) -> eax CrossingResult
//   Entry: a call of the C ABI on the host stack; `captured` holds the registers that the service has after its
//   call. Pushes what `enter` pushes, loads the control words, and goes on as mote_answer.
//
// mote_answer() -> !
//   Entry: on the host stack below the recovery point; `captured` as above, and nobody overwrites it meanwhile.
//   Exit: at `captured`'s rip, with all of its registers; or on_pending, on the host stack, for whatever is
//   pending: this is the way back from a call that may raise.
global_asm!(
    ".pushsection .text.mote_crossing, \"axR\", @progbits",
    ".globl mote_reenter",
    ".type mote_reenter, @function",
    "mote_reenter:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "sub rsp, 8",
    "mov [rip + {crossing} + {HOST_RSP}], rsp",
    "ldmxcsr [rdi + {MXCSR}]",
    "fldcw [rdi + {X87}]",
    "jmp mote_answer",
    ".size mote_reenter, . - mote_reenter",
    //
    ".globl mote_answer",
    ".type mote_answer, @function",
    "mote_answer:",
    "cmp dword ptr [rip + {crossing} + {PENDING}], 0",
    "jne 4f",
    "mov rax, [rip + {crossing} + {RAX}]",
    "mov rdx, [rip + {crossing} + {RDX}]",
    "mov rcx, [rip + {crossing} + {RCX}]",
    "mov rbx, [rip + {crossing} + {RBX}]",
    "mov rsi, [rip + {crossing} + {RSI}]",
    "mov rdi, [rip + {crossing} + {RDI}]",
    "mov rbp, [rip + {crossing} + {RBP}]",
    "mov r8, [rip + {crossing} + {R8}]",
    "mov r9, [rip + {crossing} + {R8} + 1 * 8]",
    "mov r10, [rip + {crossing} + {R8} + 2 * 8]",
    "mov r11, [rip + {crossing} + {R8} + 3 * 8]",
    "mov r12, [rip + {crossing} + {R8} + 4 * 8]",
    "mov r13, [rip + {crossing} + {R8} + 5 * 8]",
    "mov r14, [rip + {crossing} + {R8} + 6 * 8]",
    "mov r15, [rip + {crossing} + {R8} + 7 * 8]",
    "mov rsp, [rip + {crossing} + {RSP}]",
    "jmp [rip + {crossing} + {RIP}]",
    "mote_answer_end:",
    "4:",
    "mov rsp, [rip + {crossing} + {HOST_RSP}]",
    "sub rsp, 8",
    "mov edi, {RAISING}",
    "jmp [rip + {crossing} + {ON_PENDING}]",
    ".size mote_answer, . - mote_answer",
    restartable!("mote_answer", "mote_answer_end"),
    ".popsection",
    crossing = sym CROSSING,
    HOST_RSP = const offset_of!(Crossing, host_rsp),
    PENDING = const offset_of!(Crossing, pending),
    ON_PENDING = const offset_of!(Crossing, on_pending),
    MXCSR = const offset_of!(ControlWords, mxcsr),
    X87 = const offset_of!(ControlWords, x87),
    RAISING = const ReturnPath::Raising as u32,
    RAX = const captured(dwarf::RAX),
    RDX = const captured(dwarf::RDX),
    RCX = const captured(dwarf::RCX),
    RBX = const captured(dwarf::RBX),
    RSI = const captured(dwarf::RSI),
    RDI = const captured(dwarf::RDI),
    RBP = const captured(dwarf::RBP),
    RSP = const captured(dwarf::RSP),
    R8 = const captured(dwarf::R8),
    RIP = const captured(dwarf::RIP),
);

unsafe extern "C" {
    fn mote_reenter(control_words: *const ControlWords) -> u32;
    fn mote_answer() -> !;
}

/// Returns from the host call that is under way, with these registers.
///
/// # Safety
/// As [`leave`](super::leave); and `registers` are those that the last crossing captured, but for what the call
/// returns.
pub unsafe fn answer(registers: &Registers) -> ! {
    set_captured(registers);
    // SAFETY: `captured` is complete, and only capturing, which needs service code to run, writes it.
    unsafe { mote_answer() }
}

/// Goes on with a service that was left in a host call, and says how it ended this time.
///
/// # Safety
/// 1. A call of the service captured `registers` (but for what the call returns) and `control_words`, and the
///    service was left in it, on a stack that nobody has used since.
/// 2. No [`enter`](super::enter), [`resume`](super::resume) or `reenter` is under way in this process.
pub unsafe fn reenter(registers: &Registers, control_words: &ControlWords) -> CrossingResult {
    set_captured(registers);
    // SAFETY: as in `answer`; every way back restores what the C ABI asks to be saved, as after `enter`.
    CrossingResult::from_number(unsafe { mote_reenter(control_words) })
}

fn set_captured(registers: &Registers) {
    for (cell, &value) in CROSSING.captured.iter().zip(registers.values()) {
        cell.store(value, Ordering::Relaxed);
    }
}
