//! Back from a host call, and capturing the service's registers.

use core::arch::global_asm;
use core::mem::offset_of;

use super::super::registers::dwarf;
use super::super::stack::CALL_BYTES;
use super::edges::restartable;
use super::shared::{CROSSING, Crossing, Pending, ReturnPath};

/// Offset in a [`Crossing`] of the captured register with that number.
const fn captured(register: u16) -> usize {
    offset_of!(Crossing, captured) + size_of::<u64>() * register as usize
}

// mote_exit_raising, mote_exit_quiet
//   Entry: rax (and rdx) the result of a host call, on the host stack; call-saved registers are the service's.
//   Exit: the return of the service's call, on its stack; or on_pending, with the registers captured.
//
// mote_capture
//   Entry: rax where to go on, its own value captured already; rsp the service's, at the return address of its
//   call; every other register the service's.
//   Exit: at rax, on the host stack, aligned as at a function's entry, with the registers captured as they
//   will be after that return. All but rsp and r11 are as they were. It pushes nothing: the service's stack may
//   be full.
//
//   service stack                        host stack
//   │ frames of the service  │           │ what `enter` pushed │
//   │ return address         │ ← rsp ──▶ ├─────────────────────┤ ← host_rsp
//   └────────────────────────┘           │ 8 B                 │ ← rsp
global_asm!(
    ".pushsection .text.mote_crossing, \"axR\", @progbits",
    ".globl mote_exit_raising",
    "mote_exit_raising:",
    "mov rsp, [rip + {crossing} + {SERVICE_RSP}]",
    "cmp dword ptr [rip + {crossing} + {PENDING}], 0",
    "jne 2f",
    "ret",
    "mote_exit_raising_end:",
    restartable!("mote_exit_raising", "mote_exit_raising_end"),
    //
    ".globl mote_exit_quiet",
    "mote_exit_quiet:",
    "mov rsp, [rip + {crossing} + {SERVICE_RSP}]",
    "test dword ptr [rip + {crossing} + {PENDING}], {QUIETLY}",
    "jne 3f",
    "ret",
    "mote_exit_quiet_end:",
    restartable!("mote_exit_quiet", "mote_exit_quiet_end"),
    //
    "2:",
    "mov [rip + {crossing} + {RAX}], rax",
    "lea rax, [rip + 5f]",
    "jmp mote_capture",
    "5:",
    "mov edi, {RAISING}",
    "jmp [rip + {crossing} + {ON_PENDING}]",
    "3:",
    "mov [rip + {crossing} + {RAX}], rax",
    "lea rax, [rip + 6f]",
    "jmp mote_capture",
    "6:",
    "mov edi, {QUIET}",
    "jmp [rip + {crossing} + {ON_PENDING}]",
    //
    ".globl mote_capture",
    ".type mote_capture, @function",
    "mote_capture:",
    "mov [rip + {crossing} + {RDX}], rdx",
    "mov [rip + {crossing} + {RCX}], rcx",
    "mov [rip + {crossing} + {RBX}], rbx",
    "mov [rip + {crossing} + {RSI}], rsi",
    "mov [rip + {crossing} + {RDI}], rdi",
    "mov [rip + {crossing} + {RBP}], rbp",
    "mov [rip + {crossing} + {R8}], r8",
    "mov [rip + {crossing} + {R8} + 1 * 8], r9",
    "mov [rip + {crossing} + {R8} + 2 * 8], r10",
    "mov [rip + {crossing} + {R8} + 3 * 8], r11",
    "mov [rip + {crossing} + {R8} + 4 * 8], r12",
    "mov [rip + {crossing} + {R8} + 5 * 8], r13",
    "mov [rip + {crossing} + {R8} + 6 * 8], r14",
    "mov [rip + {crossing} + {R8} + 7 * 8], r15",
    "mov r11, [rsp]",
    "mov [rip + {crossing} + {RIP}], r11",
    "lea r11, [rsp + {CALL_BYTES}]",
    "mov [rip + {crossing} + {RSP}], r11",
    "mov rsp, [rip + {crossing} + {HOST_RSP}]",
    "sub rsp, 8",
    "cld",
    "jmp rax",
    ".size mote_capture, . - mote_capture",
    ".popsection",
    crossing = sym CROSSING,
    HOST_RSP = const offset_of!(Crossing, host_rsp),
    SERVICE_RSP = const offset_of!(Crossing, service_rsp),
    PENDING = const offset_of!(Crossing, pending),
    ON_PENDING = const offset_of!(Crossing, on_pending),
    QUIETLY = const Pending::QUIETLY,
    RAISING = const ReturnPath::Raising as u32,
    QUIET = const ReturnPath::Quiet as u32,
    CALL_BYTES = const CALL_BYTES,
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
