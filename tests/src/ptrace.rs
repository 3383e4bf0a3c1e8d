//! Tracing another process, for the programs beside these tests.
//!
//! Source: ptrace(2), waitpid(2).

use std::io;

/// Asks the kernel for something about process `pid`.
///
/// # Errors
/// The kernel's: it does not let us, or the process is gone.
///
/// # Safety
/// What `request` writes at `data`, if anything, is the caller's to be written.
pub unsafe fn request(request: libc::c_uint, pid: i32, data: usize) -> io::Result<()> {
    // SAFETY: the caller's promise.
    match unsafe { libc::ptrace(request, pid, 0usize, data) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Attaches to process `pid` and stops it.
///
/// # Errors
/// The kernel's: it does not let us, or the process is gone.
pub fn seize(pid: i32, options: i32) -> io::Result<()> {
    // SAFETY: writes nothing.
    unsafe { request(libc::PTRACE_SEIZE, pid, options as usize) }?;
    // SAFETY: writes nothing.
    unsafe { request(libc::PTRACE_INTERRUPT, pid, 0) }?;
    wait(pid, 0).map(|_| ())
}

/// Lets process `pid` go on as `request` says: to its next system call, for one instruction. It gets
/// `signal` if that is not 0.
///
/// # Errors
/// The kernel's: the process is gone.
pub fn resume(how: libc::c_uint, pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: requests that resume write nothing.
    unsafe { request(how, pid, signal as usize) }
}

/// The registers of process `pid`, which is stopped.
///
/// # Errors
/// The kernel's: the process is gone.
pub fn registers(pid: i32) -> io::Result<libc::user_regs_struct> {
    // SAFETY: an all-zero register set is valid.
    let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
    // SAFETY: the register set is ours.
    unsafe { request(libc::PTRACE_GETREGS, pid, &raw mut registers as usize) }?;
    Ok(registers)
}

/// The status of the next stop of `pid`; `None` if `flags` say not to wait and there is none.
///
/// # Errors
/// The kernel's: there is no such process to wait for.
pub fn wait(pid: i32, flags: i32) -> io::Result<Option<i32>> {
    let mut status = 0;
    // SAFETY: `status` is ours.
    let found = unsafe { libc::waitpid(pid, &raw mut status, libc::__WALL | flags) };
    if found < 0 {
        return Err(io::Error::last_os_error());
    }
    if found == pid && libc::WIFSTOPPED(status) { Ok(Some(status)) } else { Ok(None) }
}

/// The signal that process `pid` was about to get in a stop of `status`, to be passed on; 0 if it
/// stopped for another reason.
#[must_use]
pub fn signal_to_pass(status: i32) -> i32 {
    let signal = (status >> 8) & 0xff;
    let is_stop_of_tracing = status >> 16 != 0 || signal & !0x80 == libc::SIGTRAP;
    if is_stop_of_tracing { 0 } else { signal }
}
