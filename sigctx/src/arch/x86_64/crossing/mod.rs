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
//!  │ 8 B, for alignment        │             │ return address of a call  │
//!  ├───────────────────────────┤ ← host_rsp  ├───────────────────────────┤ ← service_rsp
//!  │ frames of the host call   │ ◀── call    │ red zone (128 B)          │
//!  └───────────────────────────┘             └───────────────────────────┘
//! ```
//!
//! `host_rsp` is the recovery point: [`leave`] and a redirected signal load it, pop what `enter` or
//! [`resume`] pushed, and return to the worker, whatever the service's registers were.
//!
//! **Edges.** A signal that finds host code running sets [`Pending`], and the last instructions before
//! service code runs look at it. A signal that arrives between that look and the jump would be
//! forgotten, so each such sequence is restartable: it reads its inputs from registers or memory that
//! it does not overwrite, and a handler that finds RIP inside one moves it back to the look
//! ([`Crossing::restart`]). No flag is set on the way in; nothing can be left set by mistake.

mod assembly;
mod host_call;

use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use super::saved_frame::SavedFrame;
use super::state::Processor;
use crate::registers::{COUNT, Registers};

#[doc(hidden)]
pub use host_call::{
    BEFORE_CREATING, CAPTURED_OFFSET, HOST_RSP_OFFSET, PENDING_OFFSET, SERVICE_RSP_OFFSET,
};

/// What must happen before service code runs again. A later one takes the place of an earlier one.
/// Each is a bit, so that a way back asks for all that concern it by one instruction.
///
/// | way | looks for |
/// | --- | --- |
/// | into the service, to a landing pad, to where it was paused | `RaiseHere`, `Discard` |
/// | back from a quiet call | the same, and `Pause` |
/// | into a call that creates | all but `Pause` |
/// | back from a call that may raise | all |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Pending {
    /// Nothing.
    Nothing = 0,
    /// Pause, to be resumed later.
    Pause = 1,
    /// Raise at the next call that may raise.
    RaiseAtCall = 2,
    /// Raise at the instruction that would run next.
    RaiseHere = 4,
    /// Discard.
    Discard = 8,
}

/// What happens at once, wherever the service would go on.
const AT_ONCE: u32 = Pending::RaiseHere as u32 | Pending::Discard as u32;

/// What happens on the way back from a call that must not raise by itself.
const QUIETLY: u32 = AT_ONCE | Pending::Pause as u32;

/// How control came back to the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum CrossingResult {
    /// The entry returned.
    Returned,
    /// Its stack was unwound to the bottom.
    Unwound,
    /// The recovery point was taken.
    Discarded,
    /// The recovery point was taken, by a service that was kept and may be resumed.
    Paused,
}

/// Which way to the service was being taken when something was found pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ReturnPath {
    /// Back from a host call that may raise.
    Raising,
    /// Back from a host call that must not raise by itself.
    Quiet,
    /// To a landing pad.
    Landing,
    /// To where the service was paused.
    Resuming,
}

/// The functions that the crossings call, on the host stack. None of them returns.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// Something is pending on the way back to the service. [`Crossing::captured`] holds the
    /// service's registers as they would be there (not on the way to a landing pad, nor to where it
    /// was paused).
    pub on_pending: extern "C" fn(ReturnPath) -> !,
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
    /// What `xrstor` resets when a service is given up.
    components: AtomicU32,
    /// Which vector registers there are to forget.
    vectors: AtomicU32,
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
    components: AtomicU32::new(0),
    vectors: AtomicU32::new(0),
};

/// Bytes of a fake frame: all of [`Registers`], rounded up to keep the stack 16-aligned.
pub const FAKE_FRAME_BYTES: u64 = 144;

unsafe extern "C" {
    fn mote_enter(entry: u64, first: u64, second: u64, stack_top: u64) -> u32;
    fn mote_leave_host(ending: CrossingResult) -> !;
    fn mote_land() -> !;
    fn mote_resume(context: u64) -> u32;
    static mote_edge_enter: u8;
    static mote_bottom: u8;
    static mote_recover: u8;
    static mote_exit_raising: u8;
    static mote_exit_quiet: u8;
    static mote_exits_end: u8;
    static mote_land_end: u8;
    static mote_edge_resume: u8;
    static mote_resume_end: u8;
    static mote_fake_frame: u8;
    static mote_fake_frame_end: u8;
}

/// Runs `entry(first, second)` on the stack that ends at `stack_top`, and says how it ended.
///
/// # Safety
/// 1. `entry` is a function of the C ABI with at most two integer arguments.
/// 2. `stack_top` is 16-aligned and the end of writable memory that is enough for it or ends in a
///    guard, and that nobody else uses.
/// 3. No other `enter` is under way in this process.
/// 4. MXCSR and the x87 control word have their initial values (psABI 3.4.1). They have them again
///    afterwards, whatever the service did.
pub unsafe fn enter(entry: u64, first: u64, second: u64, stack_top: u64) -> CrossingResult {
    // SAFETY: the caller's promises are the assembly's needs; it saves what the C ABI asks to be
    // saved, and every way back restores it from the host stack.
    ending(unsafe { mote_enter(entry, first, second, stack_top) })
}

/// Goes on with a service that was paused, and says how it ended this time.
///
/// # Safety
/// 1. `frame` keeps a service that was paused, on a stack that nobody has used since, and nobody writes
///    the frame until this returns, unless the service is paused into it again.
/// 2. No [`enter`] or `resume` is under way in this process.
pub unsafe fn resume(frame: *mut SavedFrame) -> CrossingResult {
    // SAFETY: the kernel checks what it loads, and the service goes on as it was by the caller's
    // promise; every way back restores what the C ABI asks to be saved, as after `enter`.
    ending(unsafe { mote_resume(SavedFrame::context(frame) as u64) })
}

/// A service that jumps where it must not may come back with any number.
const fn ending(number: u32) -> CrossingResult {
    match number {
        0 => CrossingResult::Returned,
        1 => CrossingResult::Unwound,
        3 => CrossingResult::Paused,
        _ => CrossingResult::Discarded,
    }
}

/// Gives the service up and returns from the [`enter`] under way, with `ending`.
///
/// # Safety
/// An `enter` is under way, the caller runs on the host stack below it, and no frame between holds a
/// value whose destructor matters.
pub unsafe fn leave(ending: CrossingResult) -> ! {
    // SAFETY: passed on to the caller.
    unsafe { mote_leave_host(ending) }
}

/// Continues the service at `registers`, with all of them.
///
/// # Safety
/// As [`leave`]; and `registers` are those of a landing pad of a frame on the service's stack, or those
/// that the last crossing captured, whose call has done its work.
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

    /// Sets the functions that the crossings call, and how they forget vector registers. Must happen
    /// before the first [`enter`].
    pub fn install(&self, hooks: Hooks) {
        let processor = Processor::this();
        self.components.store(processor.components, Ordering::Relaxed);
        self.vectors.store(processor.vectors, Ordering::Relaxed);
        self.on_pending.store(hooks.on_pending as *mut (), Ordering::Relaxed);
        self.on_raise.store(hooks.on_raise as *mut (), Ordering::Relaxed);
    }

    /// What is pending.
    #[inline]
    #[must_use]
    pub fn pending(&self) -> Pending {
        match self.pending.load(Ordering::Relaxed) {
            0 => Pending::Nothing,
            1 => Pending::Pause,
            2 => Pending::RaiseAtCall,
            4 => Pending::RaiseHere,
            _ => Pending::Discard,
        }
    }

    /// Sets what is pending.
    #[inline]
    pub fn set_pending(&self, pending: Pending) {
        self.pending.store(pending as u32, Ordering::Relaxed);
    }

    /// A raise begins: what asked for it, or for a pause, is no longer pending. A discard stays pending.
    pub fn clear_raise(&self) {
        for asked in [Pending::Pause, Pending::RaiseAtCall, Pending::RaiseHere] {
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

    /// Where a redirected context continues to discard the service; the `CrossingResult` goes into rax.
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

    /// The code that a fake frame belongs to.
    #[must_use]
    pub fn fake_frame_text() -> core::ops::Range<u64> {
        let start = Self::fake_frame_rip();
        start..address(&raw const mote_fake_frame_end)
    }

    /// Where the hooks lie: they are set once, and all else of a crossing changes all the time.
    #[must_use]
    pub fn hooks_range() -> core::ops::Range<u64> {
        let start = &raw const CROSSING as u64;
        let first = core::mem::offset_of!(Self, on_pending) as u64;
        let end = core::mem::offset_of!(Self, captured) as u64;
        start + first..start + end
    }

    /// If `rip` is past the look of a restartable sequence, where the sequence starts.
    #[must_use]
    pub fn restart(rip: u64) -> Option<u64> {
        let edges = [
            (address(&raw const mote_edge_enter), address(&raw const mote_bottom)),
            (address(&raw const mote_exit_raising), address(&raw const mote_exit_quiet)),
            (address(&raw const mote_exit_quiet), address(&raw const mote_exits_end)),
            (mote_land as *const () as u64, address(&raw const mote_land_end)),
            (address(&raw const mote_edge_resume), address(&raw const mote_resume_end)),
        ];
        edges.iter().find(|(start, end)| (*start..*end).contains(&rip)).map(|&(start, _)| start)
    }
}

fn address(label: *const u8) -> u64 {
    label as u64
}
