//! The crossings between host and service: the only code that stands with one foot on each side.
//!
//! Host code never runs on a service's stack. A service's call into the host switches to the host
//! stack before anything is pushed, so a service that runs out of stack faults in its own text, and
//! what lies on its stack is its own.
//!
//! ```text
//!   host stack                                service stack
//!  ┌───────────────────────────┐             ┌───────────────────────────┐ ← top
//!  │ frames of the worker      │             │ return address: `bottom`  │
//!  │ rbp rbx r12 r13 r14 r15   │   enter ──▶ │ frames of the service     │
//!  │ MXCSR, x87 control word   │             │ return address of a call  │
//!  ├───────────────────────────┤ ← host_rsp  ├───────────────────────────┤ ← service_rsp
//!  │ frames of the host call   │ ◀── call    │ red zone (128 B)          │
//!  └───────────────────────────┘             └───────────────────────────┘
//! ```
//!
//! `host_rsp` is the recovery point: [`leave`] and a redirected signal load it, pop what `enter`
//! pushed, and return to the worker, whatever the service's registers were.
//!
//! **Edges.** A signal that finds host code running sets [`Pending`], and the last instructions before
//! service code runs look at it. A signal that arrives between that look and the jump would be
//! forgotten, so each such sequence is restartable: it reads its inputs from registers or memory that
//! it does not overwrite, and a handler that finds RIP inside one moves it back to the look
//! ([`Crossing::restart`]). No flag is set on the way in; nothing can be left set by mistake.

use core::arch::global_asm;
use core::mem::offset_of;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use crate::registers::{COUNT, Registers};

/// What must happen before service code runs again. Later ones include what earlier ones ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Pending {
    /// Nothing.
    Nothing,
    /// Raise at the next call that may raise.
    RaiseAtCall,
    /// Raise at the instruction that would run next.
    RaiseHere,
    /// Discard.
    Discard,
}

/// How control came back to the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Ending {
    /// The entry returned.
    Returned,
    /// Its stack was unwound to the bottom.
    Unwound,
    /// The recovery point was taken.
    Discarded,
}

/// Which way to the service was being taken when something was found pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Way {
    /// Back from a host call that may raise.
    Raising,
    /// Back from a host call that must not raise by itself.
    Quiet,
    /// To a landing pad.
    Landing,
}

/// The functions that the crossings call, on the host stack. None of them returns.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// Something is pending on the way back to the service. [`Crossing::captured`] holds the
    /// service's registers as they would be there (not on the way to a landing pad).
    pub on_pending: extern "C" fn(Way) -> !,
    /// The fake frame called: [`Crossing::captured`] holds the registers inside its trampoline.
    pub on_raise: extern "C" fn() -> !,
}

/// What both sides of a crossing and the signal handlers know. There is one in a process: Mote's
/// workers have one thread.
#[derive(Debug)]
#[repr(C)]
pub struct Crossing {
    host_rsp: AtomicU64,
    service_rsp: AtomicU64,
    pending: AtomicU32,
    on_pending: AtomicPtr<()>,
    on_raise: AtomicPtr<()>,
    captured: [AtomicU64; COUNT],
}

/// The crossing of this process.
#[doc(hidden)]
pub static CROSSING: Crossing = Crossing {
    host_rsp: AtomicU64::new(0),
    service_rsp: AtomicU64::new(0),
    pending: AtomicU32::new(0),
    on_pending: AtomicPtr::new(core::ptr::null_mut()),
    on_raise: AtomicPtr::new(core::ptr::null_mut()),
    captured: [const { AtomicU64::new(0) }; COUNT],
};

/// Bytes of a fake frame: all of [`Registers`], rounded up to keep the stack 16-aligned.
pub const FAKE_FRAME_BYTES: u64 = 144;

global_asm!(
    ".pushsection .text.mote_crossing, \"axR\", @progbits",
    // enter(rdi entry, rsi first, rdx second, rcx stack_top) -> eax Ending
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
    "stmxcsr [rsp]",
    "fnstcw [rsp + 4]",
    "mov [rip + {crossing} + {HOST_RSP}], rsp",
    "mov rax, rdi",
    "mov rdi, rsi",
    "mov rsi, rdx",
    "mote_edge_enter:",
    "cmp dword ptr [rip + {crossing} + {PENDING}], {RAISE_HERE}",
    "jae mote_refuse",
    "mov rsp, rcx",
    "call rax",
    ".globl mote_bottom",
    "mote_bottom:",
    "xor eax, eax",
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
    "mote_refuse:",
    "mov eax, {DISCARDED}",
    "jmp mote_leave",
    ".size mote_enter, . - mote_enter",
    //
    // The recovery point: eax is the Ending, every other register is the killed service's.
    ".globl mote_recover",
    ".type mote_recover, @function",
    "mote_recover:",
    "mov rsp, [rip + {crossing} + {HOST_RSP}]",
    "cld",
    "fninit",
    "fldcw [rsp + 4]",
    "ldmxcsr [rsp]",
    "jmp mote_leave",
    ".size mote_recover, . - mote_recover",
    //
    // leave(edi Ending) -> !
    ".globl mote_leave_host",
    ".type mote_leave_host, @function",
    "mote_leave_host:",
    "mov eax, edi",
    "jmp mote_recover",
    ".size mote_leave_host, . - mote_leave_host",
    //
    // The ways back from a host call. rax is its result and must survive.
    ".globl mote_exit_raising",
    "mote_exit_raising:",
    "mov rsp, [rip + {crossing} + {SERVICE_RSP}]",
    "cmp dword ptr [rip + {crossing} + {PENDING}], {RAISE_AT_CALL}",
    "jae 2f",
    "ret",
    ".globl mote_exit_quiet",
    "mote_exit_quiet:",
    "mov rsp, [rip + {crossing} + {SERVICE_RSP}]",
    "cmp dword ptr [rip + {crossing} + {PENDING}], {RAISE_HERE}",
    "jae 3f",
    "ret",
    "mote_exits_end:",
    "2:",
    "mov [rip + {crossing} + {CAPTURED} + 0 * 8], rax",
    "lea rax, [rip + 5f]",
    "jmp mote_capture",
    "5:",
    "mov edi, {RAISING}",
    "jmp [rip + {crossing} + {ON_PENDING}]",
    "3:",
    "mov [rip + {crossing} + {CAPTURED} + 0 * 8], rax",
    "lea rax, [rip + 6f]",
    "jmp mote_capture",
    "6:",
    "mov edi, {QUIET}",
    "jmp [rip + {crossing} + {ON_PENDING}]",
    //
    // capture: at the service's return address, stores all registers but rax as they will be after
    // that return, and continues at rax on the host stack, aligned as at a function's entry. Only
    // r11 is lost. It pushes nothing: the service's stack may be full.
    ".globl mote_capture",
    ".type mote_capture, @function",
    "mote_capture:",
    "mov [rip + {crossing} + {CAPTURED} + 1 * 8], rdx",
    "mov [rip + {crossing} + {CAPTURED} + 2 * 8], rcx",
    "mov [rip + {crossing} + {CAPTURED} + 3 * 8], rbx",
    "mov [rip + {crossing} + {CAPTURED} + 4 * 8], rsi",
    "mov [rip + {crossing} + {CAPTURED} + 5 * 8], rdi",
    "mov [rip + {crossing} + {CAPTURED} + 6 * 8], rbp",
    "mov [rip + {crossing} + {CAPTURED} + 8 * 8], r8",
    "mov [rip + {crossing} + {CAPTURED} + 9 * 8], r9",
    "mov [rip + {crossing} + {CAPTURED} + 10 * 8], r10",
    "mov [rip + {crossing} + {CAPTURED} + 11 * 8], r11",
    "mov [rip + {crossing} + {CAPTURED} + 12 * 8], r12",
    "mov [rip + {crossing} + {CAPTURED} + 13 * 8], r13",
    "mov [rip + {crossing} + {CAPTURED} + 14 * 8], r14",
    "mov [rip + {crossing} + {CAPTURED} + 15 * 8], r15",
    "mov r11, [rsp]",
    "mov [rip + {crossing} + {CAPTURED} + 16 * 8], r11",
    "lea r11, [rsp + 8]",
    "mov [rip + {crossing} + {CAPTURED} + 7 * 8], r11",
    "mov rsp, [rip + {crossing} + {HOST_RSP}]",
    "sub rsp, 8",
    "jmp rax",
    ".size mote_capture, . - mote_capture",
    //
    // To a landing pad: all registers from `captured`, which nobody overwrites meanwhile.
    ".globl mote_land",
    ".type mote_land, @function",
    "mote_land:",
    "cmp dword ptr [rip + {crossing} + {PENDING}], {RAISE_HERE}",
    "jae 4f",
    "mov rax, [rip + {crossing} + {CAPTURED} + 0 * 8]",
    "mov rdx, [rip + {crossing} + {CAPTURED} + 1 * 8]",
    "mov rcx, [rip + {crossing} + {CAPTURED} + 2 * 8]",
    "mov rbx, [rip + {crossing} + {CAPTURED} + 3 * 8]",
    "mov rsi, [rip + {crossing} + {CAPTURED} + 4 * 8]",
    "mov rdi, [rip + {crossing} + {CAPTURED} + 5 * 8]",
    "mov rbp, [rip + {crossing} + {CAPTURED} + 6 * 8]",
    "mov r8, [rip + {crossing} + {CAPTURED} + 8 * 8]",
    "mov r9, [rip + {crossing} + {CAPTURED} + 9 * 8]",
    "mov r10, [rip + {crossing} + {CAPTURED} + 10 * 8]",
    "mov r11, [rip + {crossing} + {CAPTURED} + 11 * 8]",
    "mov r12, [rip + {crossing} + {CAPTURED} + 12 * 8]",
    "mov r13, [rip + {crossing} + {CAPTURED} + 13 * 8]",
    "mov r14, [rip + {crossing} + {CAPTURED} + 14 * 8]",
    "mov r15, [rip + {crossing} + {CAPTURED} + 15 * 8]",
    "mov rsp, [rip + {crossing} + {CAPTURED} + 7 * 8]",
    "jmp [rip + {crossing} + {CAPTURED} + 16 * 8]",
    "mote_land_end:",
    "4:",
    "mov rsp, [rip + {crossing} + {HOST_RSP}]",
    "sub rsp, 8",
    "mov edi, {LANDING}",
    "jmp [rip + {crossing} + {ON_PENDING}]",
    ".size mote_land, . - mote_land",
    //
    // The fake frame's trampoline: as if the interrupted instruction had called `raise`. The frame
    // holds all registers in DWARF order; each column is named to unwinders, ours and debuggers', and
    // `signal_frame` says that the interrupted address is exact, not one past a call.
    ".globl mote_fake_frame",
    ".type mote_fake_frame, @function",
    ".cfi_startproc simple",
    ".cfi_signal_frame",
    ".cfi_def_cfa rsp, {FAKE_FRAME_BYTES}",
    ".cfi_offset 0, 0 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 1, 1 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 2, 2 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 3, 3 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 4, 4 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 5, 5 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 6, 6 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 7, 7 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 8, 8 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 9, 9 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 10, 10 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 11, 11 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 12, 12 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 13, 13 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 14, 14 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 15, 15 * 8 - {FAKE_FRAME_BYTES}",
    ".cfi_offset 16, 16 * 8 - {FAKE_FRAME_BYTES}",
    "nop",
    "mote_fake_frame:",
    "call mote_raise",
    "ud2",
    ".cfi_endproc",
    ".size mote_fake_frame, . - mote_fake_frame",
    "mote_raise:",
    "mov [rip + {crossing} + {CAPTURED} + 0 * 8], rax",
    "lea rax, [rip + 7f]",
    "jmp mote_capture",
    "7:",
    "jmp [rip + {crossing} + {ON_RAISE}]",
    ".popsection",
    crossing = sym CROSSING,
    HOST_RSP = const offset_of!(Crossing, host_rsp),
    SERVICE_RSP = const offset_of!(Crossing, service_rsp),
    PENDING = const offset_of!(Crossing, pending),
    ON_PENDING = const offset_of!(Crossing, on_pending),
    ON_RAISE = const offset_of!(Crossing, on_raise),
    CAPTURED = const offset_of!(Crossing, captured),
    FAKE_FRAME_BYTES = const FAKE_FRAME_BYTES,
    RAISE_AT_CALL = const Pending::RaiseAtCall as u32,
    RAISE_HERE = const Pending::RaiseHere as u32,
    DISCARDED = const Ending::Discarded as u32,
    RAISING = const Way::Raising as u32,
    QUIET = const Way::Quiet as u32,
    LANDING = const Way::Landing as u32,
);

unsafe extern "C" {
    fn mote_enter(entry: u64, first: u64, second: u64, stack_top: u64) -> Ending;
    fn mote_leave_host(ending: Ending) -> !;
    fn mote_land() -> !;
    static mote_edge_enter: u8;
    static mote_bottom: u8;
    static mote_recover: u8;
    static mote_exit_raising: u8;
    static mote_exit_quiet: u8;
    static mote_exits_end: u8;
    static mote_land_end: u8;
    static mote_fake_frame: u8;
}

/// Runs `entry(first, second)` on the stack that ends at `stack_top`, and says how it ended.
///
/// # Safety
/// 1. `entry` is a function of the C ABI with at most two integer arguments.
/// 2. `stack_top` is 16-aligned and the end of writable memory that is enough for it or ends in a
///    guard, and that nobody else uses.
/// 3. No other `enter` is under way in this process.
pub unsafe fn enter(entry: u64, first: u64, second: u64, stack_top: u64) -> Ending {
    // SAFETY: the caller's promises are the assembly's needs; it saves what the C ABI asks to be
    // saved, and every way back restores it from the host stack.
    unsafe { mote_enter(entry, first, second, stack_top) }
}

/// Gives the service up and returns from the [`enter`] under way, with `ending`.
///
/// # Safety
/// An `enter` is under way, the caller runs on the host stack below it, and no frame between holds a
/// value whose destructor matters.
pub unsafe fn leave(ending: Ending) -> ! {
    // SAFETY: passed on to the caller.
    unsafe { mote_leave_host(ending) }
}

/// Continues the service at `registers`, with all of them.
///
/// # Safety
/// As [`leave`]; and `registers` are those of a landing pad of a frame on the service's stack.
pub unsafe fn land(registers: &Registers) -> ! {
    for (cell, &value) in CROSSING.captured.iter().zip(registers.values()) {
        cell.store(value, Ordering::Relaxed);
    }
    // SAFETY: `captured` is complete, and only capturing, which needs service code to run, writes it.
    unsafe { mote_land() }
}

impl Crossing {
    /// The crossing of this process.
    #[must_use]
    pub fn get() -> &'static Self {
        &CROSSING
    }

    /// Sets the functions that the crossings call. Must happen before the first [`enter`].
    pub fn install(&self, hooks: Hooks) {
        self.on_pending.store(hooks.on_pending as *mut (), Ordering::Relaxed);
        self.on_raise.store(hooks.on_raise as *mut (), Ordering::Relaxed);
    }

    /// What is pending.
    #[inline]
    #[must_use]
    pub fn pending(&self) -> Pending {
        match self.pending.load(Ordering::Relaxed) {
            0 => Pending::Nothing,
            1 => Pending::RaiseAtCall,
            2 => Pending::RaiseHere,
            _ => Pending::Discard,
        }
    }

    /// Sets what is pending.
    #[inline]
    pub fn set_pending(&self, pending: Pending) {
        self.pending.store(pending as u32, Ordering::Relaxed);
    }

    /// A raise begins: what asked for it is no longer pending. A discard stays pending.
    pub fn clear_raise(&self) {
        for asked in [Pending::RaiseAtCall, Pending::RaiseHere] {
            // A handler may set a discard at any moment, so only what was asked is replaced.
            let _ = self.pending.compare_exchange(
                asked as u32,
                Pending::Nothing as u32,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
    }

    /// The service's registers, as the last crossing captured them.
    #[must_use]
    pub fn captured(&self) -> Registers {
        Registers::new(core::array::from_fn(|i| self.captured[i].load(Ordering::Relaxed)))
    }

    /// The stack pointer of the recovery point.
    #[must_use]
    pub fn recovery_rsp(&self) -> u64 {
        self.host_rsp.load(Ordering::Relaxed)
    }

    /// Where a redirected context continues to discard the service; the `Ending` goes into rax.
    #[must_use]
    pub fn recovery_rip() -> u64 {
        address(&raw const mote_recover)
    }

    /// The return address under a service's first frame: the end of unwinding.
    #[must_use]
    pub fn bottom() -> u64 {
        address(&raw const mote_bottom)
    }

    /// Where a redirected context continues to raise from a fake frame.
    #[must_use]
    pub fn fake_frame_rip() -> u64 {
        address(&raw const mote_fake_frame)
    }

    /// If `rip` is past the look of a restartable sequence, where the sequence starts.
    #[must_use]
    pub fn restart(rip: u64) -> Option<u64> {
        let edges = [
            (address(&raw const mote_edge_enter), address(&raw const mote_bottom)),
            (address(&raw const mote_exit_raising), address(&raw const mote_exit_quiet)),
            (address(&raw const mote_exit_quiet), address(&raw const mote_exits_end)),
            (mote_land as *const () as u64, address(&raw const mote_land_end)),
        ];
        edges.iter().find(|(start, end)| (*start..*end).contains(&rip)).map(|&(start, _)| start)
    }
}

fn address(label: *const u8) -> u64 {
    label as u64
}

/// Defines a symbol that services call: the host's function behind a switch to the host stack.
///
/// - `raising`: something pending raises on the way back (the symbol is `extern "C-unwind"` to the
///   service);
/// - `quiet`: only what must happen at once does (allocation, release; `extern "C"` to the service);
/// - `diverging`: captures the service's registers, and the function never returns.
///
/// The function is `extern "C"` and takes at most six integer arguments.
#[macro_export]
macro_rules! host_call {
    (raising $symbol:literal => $function:path) => {
        $crate::host_call!(@returning $symbol, $function, "jmp mote_exit_raising");
    };
    (quiet $symbol:literal => $function:path) => {
        $crate::host_call!(@returning $symbol, $function, "jmp mote_exit_quiet");
    };
    (diverging $symbol:literal => $function:path) => {
        core::arch::global_asm!(
            ".pushsection .text.mote_crossing, \"axR\", @progbits",
            concat!(".globl ", $symbol),
            concat!(".type ", $symbol, ", @function"),
            concat!($symbol, ":"),
            "mov [rip + {crossing} + {captured}], rax",
            "lea rax, [rip + {function}]",
            "jmp mote_capture",
            concat!(".size ", $symbol, ", . - ", $symbol),
            ".popsection",
            crossing = sym $crate::arch::CROSSING,
            captured = const $crate::arch::CAPTURED_OFFSET,
            function = sym $function,
        );
    };
    (@returning $symbol:literal, $function:path, $exit:literal) => {
        core::arch::global_asm!(
            ".pushsection .text.mote_crossing, \"axR\", @progbits",
            concat!(".globl ", $symbol),
            concat!(".type ", $symbol, ", @function"),
            concat!($symbol, ":"),
            "mov [rip + {crossing} + {service_rsp}], rsp",
            "mov rsp, [rip + {crossing} + {host_rsp}]",
            "call {function}",
            $exit,
            concat!(".size ", $symbol, ", . - ", $symbol),
            ".popsection",
            crossing = sym $crate::arch::CROSSING,
            service_rsp = const $crate::arch::SERVICE_RSP_OFFSET,
            host_rsp = const $crate::arch::HOST_RSP_OFFSET,
            function = sym $function,
        );
    };
}

/// For [`host_call!`].
#[doc(hidden)]
pub const HOST_RSP_OFFSET: usize = offset_of!(Crossing, host_rsp);
/// For [`host_call!`].
#[doc(hidden)]
pub const SERVICE_RSP_OFFSET: usize = offset_of!(Crossing, service_rsp);
/// For [`host_call!`].
#[doc(hidden)]
pub const CAPTURED_OFFSET: usize = offset_of!(Crossing, captured);
