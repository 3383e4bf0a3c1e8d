//! To a landing pad, or to where the service goes on with other registers than it called with.

use core::arch::global_asm;
use core::mem::offset_of;
use core::sync::atomic::Ordering;

use super::super::registers::{Registers, dwarf};
use super::edges::restartable;
use super::shared::{CROSSING, Crossing, Pending, ReturnPath};

/// Offset in a [`Crossing`] of the captured register with that number.
const fn captured(register: u16) -> usize {
    offset_of!(Crossing, captured) + size_of::<u64>() * register as usize
}

// mote_land() -> !
//   Entry: on the host stack below the recovery point; `captured` holds the registers to go on with, and nobody
//   overwrites them meanwhile.
//   Exit: at `captured`'s rip, with all of its registers; or on_pending, on the host stack.
global_asm!(
    ".pushsection .text.mote_crossing, \"axR\", @progbits",
    ".globl mote_land",
    ".type mote_land, @function",
    "mote_land:",
    "test dword ptr [rip + {crossing} + {PENDING}], {AT_ONCE}",
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
    "mote_land_end:",
    "4:",
    "mov rsp, [rip + {crossing} + {HOST_RSP}]",
    "sub rsp, 8",
    "mov edi, {LANDING}",
    "jmp [rip + {crossing} + {ON_PENDING}]",
    ".size mote_land, . - mote_land",
    restartable!("mote_land", "mote_land_end"),
    ".popsection",
    crossing = sym CROSSING,
    HOST_RSP = const offset_of!(Crossing, host_rsp),
    PENDING = const offset_of!(Crossing, pending),
    ON_PENDING = const offset_of!(Crossing, on_pending),
    AT_ONCE = const Pending::AT_ONCE,
    LANDING = const ReturnPath::Landing as u32,
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
    fn mote_land() -> !;
}

/// Continues the service at `registers`, with all of them.
///
/// # Safety
/// As [`leave`](super::leave); and `registers` are those of a landing pad of a frame on the service's
/// stack, or those that the last crossing captured, whose call has done its work.
pub unsafe fn land(registers: &Registers) -> ! {
    for (cell, &value) in CROSSING.captured.iter().zip(registers.values()) {
        cell.store(value, Ordering::Relaxed);
    }
    // SAFETY: `captured` is complete, and only capturing, which needs service code to run, writes it.
    unsafe { mote_land() }
}
