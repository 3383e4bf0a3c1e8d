//! The few system calls that handlers and timers need, and the way out of one.

use core::arch::{asm, global_asm};

// The kernel jumps here when a handler returns: `rt_sigreturn` loads the context, edited or not.
// Debuggers recognise exactly these two instructions as a signal frame.
global_asm!(
    ".globl mote_sigreturn",
    ".type mote_sigreturn, @function",
    "mote_sigreturn:",
    "mov eax, {number}",
    "syscall",
    ".size mote_sigreturn, . - mote_sigreturn",
    number = const linux_raw_sys::general::__NR_rt_sigreturn,
);

unsafe extern "C" {
    fn mote_sigreturn();
}

/// Address of the restorer, for `sa_restorer`.
pub(crate) fn restorer() -> usize {
    mote_sigreturn as *const () as usize
}

/// A system call with two arguments. Returns what the kernel returns: small negatives are errnos.
///
/// # Safety
/// The call's own contract holds for these arguments.
pub(crate) unsafe fn syscall2(number: u32, a: usize, b: usize) -> isize {
    // SAFETY: the caller answers for the call's effect; the clobbers are those of the `syscall`
    // instruction (rcx, r11), and memory is assumed touched.
    unsafe { syscall4(number, a, b, 0, 0) }
}

/// A system call with three arguments. Returns what the kernel returns: small negatives are errnos.
///
/// # Safety
/// The call's own contract holds for these arguments.
pub(crate) unsafe fn syscall3(number: u32, a: usize, b: usize, c: usize) -> isize {
    // SAFETY: passed on to the caller; the kernel does not look at a fourth argument.
    unsafe { syscall4(number, a, b, c, 0) }
}

/// A system call with four arguments. Returns what the kernel returns: small negatives are errnos.
///
/// # Safety
/// The call's own contract holds for these arguments.
pub unsafe fn syscall4(number: u32, a: usize, b: usize, c: usize, d: usize) -> isize {
    let result;
    // SAFETY: the caller answers for the call's effect; the clobbers are those of the `syscall`
    // instruction (rcx, r11), and memory is assumed touched.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// A system call with five arguments. Returns what the kernel returns: small negatives are errnos.
///
/// # Safety
/// The call's own contract holds for these arguments.
pub unsafe fn syscall5(number: u32, [a, b, c, d, e]: [usize; 5]) -> isize {
    let result;
    // SAFETY: as in `syscall4`.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            in("r8") e,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}
