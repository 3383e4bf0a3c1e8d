//! Into a service, and into one that was paused.

use core::arch::global_asm;
use core::mem::offset_of;

use super::super::saved_frame::SavedFrame;
use super::super::state::{INITIAL_STATE, InitialState};
use super::edges::restartable;
use super::shared::{CROSSING, Crossing, CrossingResult, Pending, ReturnPath};

// Both sequences push the same on the host stack, and `recover` pops it:
//
//   │ return address of the caller │
//   │ rbp rbx r12 r13 r14 r15      │
//   │ 8 B, for alignment           │
//   └──────────────────────────────┘ ← host_rsp, 16-aligned
//
// mote_enter(rdi entry, rsi first, rdx second, rcx stack_top) -> eax CrossingResult
//   Entry: a call of the C ABI on the host stack.
//   To the service: rdi first, rsi second, rsp = stack_top − 8, where `mote_bottom` is the return address. Of the
//   others rax is the entry, rcx the stack's top, and all else zeros, with what `recover` forgot and what moves of
//   memory left since: nothing tells of whatever ran before.
//   At mote_bottom: every register is the service's, rsp = stack_top.
//   Exit: by mote_forget, or by mote_recover where more must be reset than a service can change by itself.
//
// mote_resume(rdi saved context) -> eax CrossingResult
//   Entry: a call of the C ABI on the host stack.
//   To the service: the kernel loads the context as when a handler returns. Its stack pointer is then where the
//   context is, one word above the frame. Nothing comes back.
global_asm!(
    ".pushsection .text.mote_crossing, \"axR\", @progbits",
    ".globl mote_enter",
    ".type mote_enter, @function",
    "mote_enter:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "sub rsp, 8",
    "mov [rip + {crossing} + {HOST_RSP}], rsp",
    "mov rax, rdi",
    "mov rdi, rsi",
    "mov rsi, rdx",
    "xor edx, edx",
    "xor ebx, ebx",
    "xor ebp, ebp",
    "xor r8d, r8d",
    "xor r9d, r9d",
    "xor r10d, r10d",
    "xor r11d, r11d",
    "xor r12d, r12d",
    "xor r13d, r13d",
    "xor r14d, r14d",
    "xor r15d, r15d",
    "xorps xmm0, xmm0",
    "xorps xmm1, xmm1",
    "mote_edge_enter:",
    "test dword ptr [rip + {crossing} + {PENDING}], {AT_ONCE}",
    "jne 2f",
    "mov rsp, rcx",
    "call rax",
    ".globl mote_bottom",
    "mote_bottom:",
    "mov eax, {RETURNED}",
    "cmp dword ptr [rip + {crossing} + {RESETS}], 0",
    "jne mote_recover",
    "cld",
    "ldmxcsr [rip + {initial_state} + {MXCSR}]",
    "jmp mote_forget",
    "2:",
    "mov eax, {DISCARDED}",
    "jmp mote_leave",
    ".size mote_enter, . - mote_enter",
    restartable!("mote_edge_enter", "mote_bottom"),
    //
    ".globl mote_resume",
    ".type mote_resume, @function",
    "mote_resume:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "sub rsp, 8",
    "mov [rip + {crossing} + {HOST_RSP}], rsp",
    "mote_edge_resume:",
    "test dword ptr [rip + {crossing} + {PENDING}], {AT_ONCE}",
    "jne 4f",
    "mov rsp, rdi",
    "mov eax, {SIGRETURN}",
    "syscall",
    "ud2",
    "mote_edge_resume_end:",
    "4:",
    "mov rsp, [rip + {crossing} + {HOST_RSP}]",
    "sub rsp, 8",
    "mov edi, {RESUMING}",
    "jmp [rip + {crossing} + {ON_PENDING}]",
    ".size mote_resume, . - mote_resume",
    restartable!("mote_edge_resume", "mote_edge_resume_end"),
    ".popsection",
    crossing = sym CROSSING,
    initial_state = sym INITIAL_STATE,
    MXCSR = const offset_of!(InitialState, mxcsr),
    HOST_RSP = const offset_of!(Crossing, host_rsp),
    PENDING = const offset_of!(Crossing, pending),
    RESETS = const offset_of!(Crossing, resets),
    ON_PENDING = const offset_of!(Crossing, on_pending),
    AT_ONCE = const Pending::AT_ONCE,
    SIGRETURN = const linux_raw_sys::general::__NR_rt_sigreturn,
    RETURNED = const CrossingResult::Returned as u32,
    DISCARDED = const CrossingResult::Discarded as u32,
    RESUMING = const ReturnPath::Resuming as u32,
);

unsafe extern "C" {
    fn mote_enter(entry: u64, first: u64, second: u64, stack_top: u64) -> u32;
    fn mote_resume(context: u64) -> u32;
    static mote_bottom: u8;
}

/// Runs `entry(first, second)` on the stack that ends at `stack_top`, and says how it ended.
///
/// # Safety
/// 1. `entry` is a function of the C ABI with at most two integer arguments.
/// 2. `stack_top` is 16-aligned and the end of writable memory that is enough for it or ends in a
///    guard, and that nobody else uses.
/// 3. No other `enter` is under way in this process.
/// 4. MXCSR, the x87 state and the flags have their initial values (psABI 3.4.1). They have them again
///    afterwards, whatever the service did, if [`Crossing::set_resets`] was told what it can do.
#[inline]
pub unsafe fn enter(entry: u64, first: u64, second: u64, stack_top: u64) -> CrossingResult {
    // SAFETY: the caller's promises are the assembly's needs; it saves what the C ABI asks to be
    // saved, and every way back restores it from the host stack.
    CrossingResult::from_number(unsafe { mote_enter(entry, first, second, stack_top) })
}

/// Goes on with a service that was paused, and says how it ended this time. Segment registers have their
/// initial values then, whatever it had loaded into them.
///
/// # Safety
/// 1. In `frame` a service was saved, on a stack that nobody has used since, and nobody writes
///    the frame until this returns, unless the service is paused into it again.
/// 2. No [`enter`] or `resume` is under way in this process.
pub unsafe fn resume(frame: *mut SavedFrame) -> CrossingResult {
    // SAFETY: the kernel checks what it loads, and the service goes on as it was by the caller's
    // promise; every way back restores what the C ABI asks to be saved, as after `enter`.
    CrossingResult::from_number(unsafe { mote_resume(SavedFrame::context(frame) as u64) })
}

impl Crossing {
    /// The return address under a service's first frame: the end of unwinding.
    #[must_use]
    pub fn bottom() -> u64 {
        &raw const mote_bottom as u64
    }
}
