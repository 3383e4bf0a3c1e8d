//! Back to the worker: the recovery point, and what is forgotten there.

use core::arch::global_asm;
use core::mem::offset_of;

use super::super::flags::INITIAL_FLAGS;
use super::super::state::{HAS_AVX, HAS_AVX_512, INITIAL_STATE, InitialState};
use super::shared::{CROSSING, Crossing, CrossingResult, Resets};

// mote_leave_host(edi CrossingResult) -> !
//   Entry: a call of the C ABI on the host stack, below the recovery point.
//
// mote_recover: the recovery point
//   Entry: eax CrossingResult; every other register, the flags and the stack pointer are the service's.
//   Everything but general and vector registers becomes what it is at a process's start. Then mote_forget.
//
// mote_forget
//   Entry: eax CrossingResult; flags and control words as at a process's start.
//   Vector and mask registers become zeros. Then mote_leave.
//
// mote_leave
//   Entry: eax CrossingResult. Loads host_rsp and pops what `enter` pushed: the return of mote_enter.
//
// The stack: only mote_recover writes below host_rsp, one word, which is nobody's by then.
global_asm!(
    ".pushsection .text.mote_crossing, \"axR\", @progbits",
    ".globl mote_leave_host",
    ".type mote_leave_host, @function",
    "mote_leave_host:",
    "mov eax, edi",
    ".size mote_leave_host, . - mote_leave_host",
    //
    ".globl mote_recover",
    ".type mote_recover, @function",
    "mote_recover:",
    "mov rsp, [rip + {crossing} + {HOST_RSP}]",
    "push {INITIAL_FLAGS}",
    "popfq",
    "mov ecx, eax",
    "test dword ptr [rip + {crossing} + {RESETS}], {SEGMENTS}",
    "je 4f",
    "xor eax, eax",
    "mov ds, eax",
    "mov es, eax",
    "mov fs, eax",
    "mov gs, eax",
    "4:",
    "mov eax, [rip + {crossing} + {COMPONENTS}]",
    "test eax, eax",
    "je 2f",
    "xor edx, edx",
    "xrstor [rip + {initial_state}]",
    "jmp 3f",
    "2:",
    "fxrstor [rip + {initial_state}]",
    "3:",
    "mov eax, ecx",
    // `xrstor` does not load MXCSR on every processor when vector registers are left out.
    "ldmxcsr [rip + {initial_state} + {MXCSR}]",
    ".size mote_recover, . - mote_recover",
    //
    ".globl mote_forget",
    ".type mote_forget, @function",
    "mote_forget:",
    "mov ecx, [rip + {crossing} + {VECTORS}]",
    "test ecx, {HAS_AVX_512}",
    "je 8f",
    "vpxord xmm16, xmm16, xmm16",
    "vpxord xmm17, xmm17, xmm17",
    "vpxord xmm18, xmm18, xmm18",
    "vpxord xmm19, xmm19, xmm19",
    "vpxord xmm20, xmm20, xmm20",
    "vpxord xmm21, xmm21, xmm21",
    "vpxord xmm22, xmm22, xmm22",
    "vpxord xmm23, xmm23, xmm23",
    "vpxord xmm24, xmm24, xmm24",
    "vpxord xmm25, xmm25, xmm25",
    "vpxord xmm26, xmm26, xmm26",
    "vpxord xmm27, xmm27, xmm27",
    "vpxord xmm28, xmm28, xmm28",
    "vpxord xmm29, xmm29, xmm29",
    "vpxord xmm30, xmm30, xmm30",
    "vpxord xmm31, xmm31, xmm31",
    "kxorw k0, k0, k0",
    "kxorw k1, k1, k1",
    "kxorw k2, k2, k2",
    "kxorw k3, k3, k3",
    "kxorw k4, k4, k4",
    "kxorw k5, k5, k5",
    "kxorw k6, k6, k6",
    "kxorw k7, k7, k7",
    "8:",
    "test ecx, {HAS_AVX}",
    "je 9f",
    "vzeroall",
    "jmp mote_leave",
    "9:",
    "xorps xmm0, xmm0",
    "xorps xmm1, xmm1",
    "xorps xmm2, xmm2",
    "xorps xmm3, xmm3",
    "xorps xmm4, xmm4",
    "xorps xmm5, xmm5",
    "xorps xmm6, xmm6",
    "xorps xmm7, xmm7",
    "xorps xmm8, xmm8",
    "xorps xmm9, xmm9",
    "xorps xmm10, xmm10",
    "xorps xmm11, xmm11",
    "xorps xmm12, xmm12",
    "xorps xmm13, xmm13",
    "xorps xmm14, xmm14",
    "xorps xmm15, xmm15",
    ".globl mote_leave",
    "mote_leave:",
    "mov rsp, [rip + {crossing} + {HOST_RSP}]",
    "add rsp, 8",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    ".size mote_forget, . - mote_forget",
    ".popsection",
    crossing = sym CROSSING,
    initial_state = sym INITIAL_STATE,
    MXCSR = const offset_of!(InitialState, mxcsr),
    INITIAL_FLAGS = const INITIAL_FLAGS,
    RESETS = const offset_of!(Crossing, resets),
    SEGMENTS = const Resets::SEGMENTS,
    COMPONENTS = const offset_of!(Crossing, components),
    VECTORS = const offset_of!(Crossing, vectors),
    HAS_AVX = const HAS_AVX,
    HAS_AVX_512 = const HAS_AVX_512,
    HOST_RSP = const offset_of!(Crossing, host_rsp),
);

unsafe extern "C" {
    fn mote_leave_host(result: CrossingResult) -> !;
    static mote_recover: u8;
}

/// Gives the service up and returns from the [`enter`](super::enter) under way, with `result`.
///
/// # Safety
/// An `enter` is under way, the caller runs on the host stack below it, and no frame between holds a
/// value whose destructor matters.
pub unsafe fn leave(result: CrossingResult) -> ! {
    // SAFETY: passed on to the caller.
    unsafe { mote_leave_host(result) }
}

impl Crossing {
    /// Where a redirected context continues to discard the service; the [`CrossingResult`] goes into
    /// rax.
    #[must_use]
    pub fn recovery_rip() -> u64 {
        &raw const mote_recover as u64
    }
}
