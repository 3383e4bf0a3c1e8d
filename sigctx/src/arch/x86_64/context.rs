//! The kernel's signal frame, as a handler sees it.
//!
//! Source: Linux `arch/x86/include/uapi/asm/{sigcontext,ucontext}.h`, `siginfo.h`; sigaction(2).

use super::flags::{ALIGNMENT_CHECK, SERVICES_FLAGS, TRAP_FLAG};
use super::registers::Registers;
use crate::si_code;

/// `struct ucontext` up to the signal mask: what `sigreturn` loads into the processor.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Context {
    flags: u64,
    link: u64,
    stack: [u64; 3],
    machine: MachineContext,
    signal_mask: u64,
}

/// `struct sigcontext_64`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct MachineContext {
    r8: u64,
    r9: u64,
    r10: u64,
    r11: u64,
    r12: u64,
    r13: u64,
    r14: u64,
    r15: u64,
    rdi: u64,
    rsi: u64,
    rbp: u64,
    rbx: u64,
    rdx: u64,
    rax: u64,
    rcx: u64,
    rsp: u64,
    rip: u64,
    eflags: u64,
    segments: [u16; 4],
    error: u64,
    trap: u64,
    old_mask: u64,
    cr2: u64,
    fpstate: u64,
    reserved: [u64; 8],
}

impl MachineContext {
    const ZEROED: Self = Self {
        r8: 0,
        r9: 0,
        r10: 0,
        r11: 0,
        r12: 0,
        r13: 0,
        r14: 0,
        r15: 0,
        rdi: 0,
        rsi: 0,
        rbp: 0,
        rbx: 0,
        rdx: 0,
        rax: 0,
        rcx: 0,
        rsp: 0,
        rip: 0,
        eflags: 0,
        segments: [0; 4],
        error: 0,
        trap: 0,
        old_mask: 0,
        cr2: 0,
        fpstate: 0,
        reserved: [0; 8],
    };
}

impl Context {
    /// Where the signal struck.
    #[must_use]
    pub const fn rip(&self) -> u64 {
        self.machine.rip
    }

    /// A copy of the interrupted registers.
    #[must_use]
    pub const fn registers(&self) -> Registers {
        let m = &self.machine;
        Registers::new([
            m.rax, m.rdx, m.rcx, m.rbx, m.rsi, m.rdi, m.rbp, m.rsp, m.r8, m.r9, m.r10, m.r11,
            m.r12, m.r13, m.r14, m.r15, m.rip,
        ])
    }

    /// The interrupted stack pointer.
    #[must_use]
    pub const fn rsp(&self) -> u64 {
        self.machine.rsp
    }

    /// Whether a breakpoint of one byte raised the signal, just before [`Context::rip`], as far as the kernel tells:
    /// `#BP` is exception 3 (Intel SDM volume 3, 6.15).
    #[must_use]
    pub const fn is_breakpoint(&self) -> bool {
        self.machine.trap == 3
    }

    /// Makes `sigreturn` continue with single-stepping on or off: Intel SDM 3B, 17.3.1.4.
    pub const fn set_stepping(&mut self, is_on: bool) {
        if is_on {
            self.machine.eflags |= TRAP_FLAG;
        } else {
            self.machine.eflags &= !TRAP_FLAG;
        }
    }

    /// Makes `sigreturn` block `signal`. A fault that strikes with its signal blocked ends the process by
    /// that signal, whatever handler there is: signal(7), and the kernel's `force_sig_info`.
    pub const fn block(&mut self, signal: u32) {
        self.signal_mask |= 1 << (signal - 1);
    }

    /// Whether misaligned accesses trap.
    #[must_use]
    pub const fn checks_alignment(&self) -> bool {
        self.machine.eflags & ALIGNMENT_CHECK != 0
    }

    /// Makes `sigreturn` continue without the flags that a service may have set and that host code must not
    /// run with.
    pub const fn clear_flags(&mut self) {
        self.machine.eflags &= !SERVICES_FLAGS;
    }

    /// A context of zeros, which is none to continue at.
    pub(super) const fn zeroed() -> Self {
        let machine = MachineContext::ZEROED;
        Self { flags: 0, link: 0, stack: [0; 3], machine, signal_mask: 0 }
    }

    /// Where the kernel put the vector and floating-point state; null if it did not.
    pub(super) const fn state(&self) -> *const u8 {
        self.machine.fpstate as *const u8
    }

    /// Makes `sigreturn` load the vector and floating-point state from there.
    pub(super) const fn set_state(&mut self, address: u64) {
        self.machine.fpstate = address;
    }

    /// Makes `sigreturn` continue with these registers, and with the flags that a function may expect
    /// when a call returns to it.
    pub(super) const fn set_registers(&mut self, registers: &Registers) {
        let m = &mut self.machine;
        [
            m.rax, m.rdx, m.rcx, m.rbx, m.rsi, m.rdi, m.rbp, m.rsp, m.r8, m.r9, m.r10, m.r11,
            m.r12, m.r13, m.r14, m.r15, m.rip,
        ] = *registers.values();
        self.clear_flags();
    }

    /// Makes `sigreturn` continue at `rip`, all other registers as they are.
    pub const fn set_rip(&mut self, rip: u64) {
        self.machine.rip = rip;
    }

    /// Makes `sigreturn` continue at `rip` with this stack pointer and first return value, and with
    /// the flags that a function may expect.
    pub const fn redirect(&mut self, rip: u64, rsp: u64, rax: u64) {
        self.machine.rip = rip;
        self.machine.rsp = rsp;
        self.machine.rax = rax;
        self.clear_flags();
    }
}

/// The beginning of `siginfo_t`: what `SIGALRM` and the fault signals fill in.
#[derive(Debug)]
#[repr(C)]
pub struct SigInfo {
    signal: i32,
    errno: i32,
    code: i32,
    padding: i32,
    /// `si_addr` of a fault; `si_pid` and `si_uid`, or `si_timerid` and `si_overrun`, of the others.
    first: u64,
    /// `si_value`.
    value: u64,
}

impl SigInfo {
    /// Why the signal was sent: `si_code`.
    #[must_use]
    pub const fn code(&self) -> i32 {
        self.code
    }

    /// The information of a signal that the dispatcher queued with `value`.
    #[must_use]
    pub const fn queued(signal: u32, value: u64) -> Self {
        Self { signal: signal as i32, errno: 0, code: si_code::QUEUE, padding: 0, first: 0, value }
    }

    /// `si_addr`: the address that faulted. Meaningful for `SIGSEGV`, `SIGBUS`, `SIGILL`, `SIGFPE`,
    /// `SIGTRAP`.
    #[must_use]
    pub const fn fault_address(&self) -> u64 {
        self.first
    }

    /// `si_overrun` of a timer's signal: expiries that were counted while it waited.
    #[must_use]
    pub const fn overruns(&self) -> u32 {
        (self.first >> 32) as u32
    }

    /// `si_value` of a queued signal.
    #[must_use]
    pub const fn value(&self) -> u64 {
        self.value
    }
}

#[cfg(test)]
mod tests {
    use core::mem::offset_of;

    use super::*;

    #[test]
    fn layout_is_the_kernels() {
        assert_eq!(offset_of!(Context, machine), 40);
        assert_eq!(offset_of!(Context, machine.rip), 40 + 16 * 8);
        assert_eq!(offset_of!(MachineContext, fpstate), 23 * 8);
        assert_eq!(offset_of!(Context, signal_mask), 40 + size_of::<MachineContext>());
        assert_eq!(size_of::<MachineContext>(), 256);
        assert_eq!(offset_of!(SigInfo, first), 16);
        assert_eq!(offset_of!(SigInfo, value), 24);
    }

    fn with_flags(eflags: u64) -> Context {
        let mut context = Context::zeroed();
        context.machine.eflags = eflags;
        context
    }

    #[test]
    fn stepping_is_one_flag_and_the_others_stay() {
        let mut context = with_flags(0x246);
        context.set_stepping(true);
        assert_eq!(context.machine.eflags, 0x346);
        context.set_stepping(false);
        assert_eq!(context.machine.eflags, 0x246);
    }

    #[test]
    fn flags_of_a_service_are_cleared_and_the_others_stay() {
        let mut context = with_flags(0x4_0746);
        assert!(context.checks_alignment());
        context.clear_flags();
        assert_eq!(context.machine.eflags, 0x246);
        assert!(!context.checks_alignment());
    }

    #[test]
    fn blocked_signals_add_up() {
        let mut context = Context::zeroed();
        context.block(1);
        context.block(14);
        assert_eq!(context.signal_mask, 1 | 1 << 13);
    }

    #[test]
    fn redirected_context_has_the_new_place_stack_and_value() {
        let mut context = with_flags(0x500);
        context.redirect(1, 2, 3);
        let machine = &context.machine;
        assert_eq!((context.rip(), context.rsp(), machine.rax, machine.eflags), (1, 2, 3, 0));
        context.set_rip(9);
        assert_eq!((context.rip(), context.rsp()), (9, 2));
    }

    #[test]
    fn information_is_read_where_the_kernel_writes_it() {
        let info = SigInfo { signal: 5, errno: 0, code: 128, padding: 0, first: 0x77, value: 0x88 };
        assert_eq!((info.code(), info.fault_address(), info.value()), (128, 0x77, 0x88));
        let queued = SigInfo::queued(14, 6);
        assert_eq!((queued.signal, queued.code(), queued.value()), (14, si_code::QUEUE, 6));
    }

    #[test]
    fn overruns_follow_the_timer_s_number() {
        let mut info = SigInfo::queued(14, 0);
        info.first = u64::from_le_bytes([9, 0, 0, 0, 3, 1, 0, 0]);
        assert_eq!(info.overruns(), 0x103);
    }
}
