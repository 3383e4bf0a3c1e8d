//! The way out of the process.
//!
//! Source: exit_group(2).

use core::arch::asm;

/// Ends the process with `status`.
pub fn exit(status: i32) -> ! {
    // SAFETY: the call does not return, and nothing of the process is needed after it.
    unsafe {
        asm!(
            "syscall",
            in("rax") linux_raw_sys::general::__NR_exit_group as usize,
            in("edi") status,
            options(noreturn, nostack),
        );
    }
}

/// Ends the worker because it found itself broken. The dispatcher replaces it.
pub fn abort() -> ! {
    exit(72)
}
