//! The frame that a raise begins with: as if the interrupted instruction had called `raise`.

use core::arch::global_asm;
use core::mem::offset_of;
use core::ops::Range;

use super::super::registers::{COUNT, dwarf};
use super::super::stack::STACK_ALIGN_BYTES;
use super::shared::{CROSSING, Crossing};

/// Bytes of a fake frame: all registers, rounded up to keep the stack aligned.
pub const FAKE_FRAME_BYTES: u64 = (COUNT as u64 * 8).next_multiple_of(STACK_ALIGN_BYTES);

// mote_fake_frame
//   Entry: where a handler sent the service, on its own stack; rsp as in the picture, every other register as
//   it was interrupted.
//   Exit: on_raise, on the host stack, with the registers of this frame captured.
//
//   high │ rip                       │ rsp + 16 * 8      the interrupted registers, in DWARF order:
//        │ r15 … rdx                 │                   column n lies at rsp + n * 8
//        │ rax                       │ ← rsp, 16-aligned
//        │ return address (the call) │
//
// The CFI names each column to unwinders, ours and debuggers', and `signal_frame` says that the interrupted
// address is exact, not one past a call. The `nop` before the label lets them look up the address before it.
global_asm!(
    ".pushsection .text.mote_crossing, \"axR\", @progbits",
    ".globl mote_fake_frame",
    ".type mote_fake_frame, @function",
    ".cfi_startproc simple",
    ".cfi_signal_frame",
    ".cfi_def_cfa rsp, {BYTES}",
    ".cfi_offset 0, 0 * 8 - {BYTES}",
    ".cfi_offset 1, 1 * 8 - {BYTES}",
    ".cfi_offset 2, 2 * 8 - {BYTES}",
    ".cfi_offset 3, 3 * 8 - {BYTES}",
    ".cfi_offset 4, 4 * 8 - {BYTES}",
    ".cfi_offset 5, 5 * 8 - {BYTES}",
    ".cfi_offset 6, 6 * 8 - {BYTES}",
    ".cfi_offset 7, 7 * 8 - {BYTES}",
    ".cfi_offset 8, 8 * 8 - {BYTES}",
    ".cfi_offset 9, 9 * 8 - {BYTES}",
    ".cfi_offset 10, 10 * 8 - {BYTES}",
    ".cfi_offset 11, 11 * 8 - {BYTES}",
    ".cfi_offset 12, 12 * 8 - {BYTES}",
    ".cfi_offset 13, 13 * 8 - {BYTES}",
    ".cfi_offset 14, 14 * 8 - {BYTES}",
    ".cfi_offset 15, 15 * 8 - {BYTES}",
    ".cfi_offset 16, 16 * 8 - {BYTES}",
    "nop",
    "mote_fake_frame:",
    "call 2f",
    "ud2",
    ".globl mote_fake_frame_end",
    "mote_fake_frame_end:",
    ".cfi_endproc",
    ".size mote_fake_frame, . - mote_fake_frame",
    "2:",
    "mov [rip + {crossing} + {RAX}], rax",
    "lea rax, [rip + 3f]",
    "jmp mote_capture",
    "3:",
    "jmp [rip + {crossing} + {ON_RAISE}]",
    ".popsection",
    crossing = sym CROSSING,
    BYTES = const FAKE_FRAME_BYTES,
    RAX = const offset_of!(Crossing, captured) + size_of::<u64>() * dwarf::RAX as usize,
    ON_RAISE = const offset_of!(Crossing, on_raise),
);

unsafe extern "C" {
    static mote_fake_frame: u8;
    static mote_fake_frame_end: u8;
}

impl Crossing {
    /// Where a redirected context continues to raise from a fake frame.
    #[must_use]
    pub fn fake_frame_rip() -> u64 {
        &raw const mote_fake_frame as u64
    }

    /// The code that a fake frame belongs to.
    #[must_use]
    pub fn fake_frame_text() -> Range<u64> {
        Self::fake_frame_rip()..&raw const mote_fake_frame_end as u64
    }
}
