//! The few calls and instructions that only a torture worker needs.
//!
//! Source: fork(2), timer_create(2), timer_settime(2), timer_delete(2), wait(2).

pub mod recovery;
pub mod results;
pub mod state;

use core::arch::asm;

use linux_raw_sys::general as kernel;
use mote_sigctx::arch::syscall4;
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, waitpid};
use rustix::time::{ClockId, clock_gettime};

/// The processor time that this process has used.
#[must_use]
pub fn used_ns() -> u64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as u64 * 1_000_000_000 + used.tv_nsec as u64
}

/// A process that is this one's copy: `None` in the copy.
///
/// # Errors
/// The kernel's.
pub fn fork() -> Result<Option<Pid>, Errno> {
    // SAFETY: a worker has one thread and no locks, so the copy is as whole as the original.
    let result = unsafe { syscall4(kernel::__NR_fork, 0, 0, 0, 0) };
    match check(result)? {
        0 => Ok(None),
        pid => Ok(Pid::from_raw(pid as i32)),
    }
}

/// Waits for the end of `child`: its wait status.
#[must_use]
pub fn wait(child: Pid) -> u32 {
    loop {
        match waitpid(Some(child), WaitOptions::empty()) {
            Ok(Some((_, status))) => return status.as_raw() as u32,
            Err(Errno::INTR) | Ok(None) => {}
            // Nobody else reaps children here.
            Err(_) => return u32::MAX,
        }
    }
}

/// Sends this process `signal` in `in_ns` nanoseconds, then every `every_ns` unless that is 0.
///
/// # Errors
/// The kernel's.
pub fn arm(signal: u32, in_ns: u64, every_ns: u64) -> Result<i32, Errno> {
    /// `struct sigevent`.
    #[repr(C)]
    struct Event {
        value: u64,
        signal: u32,
        notify: u32,
        padding: [u64; 6],
    }
    const SIGEV_SIGNAL: u32 = 0;
    const RELATIVE: usize = 0;
    let event = Event { value: 0, signal, notify: SIGEV_SIGNAL, padding: [0; 6] };
    let mut timer = 0_i32;
    let (event, id) = (&raw const event as usize, &raw mut timer as usize);
    // SAFETY: the kernel reads one `sigevent` and writes one `timer_t`, both alive.
    let created = unsafe {
        syscall4(kernel::__NR_timer_create, kernel::CLOCK_MONOTONIC as usize, event, id, 0)
    };
    check(created)?;
    let times = [split(every_ns), split(in_ns.max(1))];
    let times = &raw const times as usize;
    // SAFETY: the kernel reads one `itimerspec`, which is alive.
    let set = unsafe { syscall4(kernel::__NR_timer_settime, timer as usize, RELATIVE, times, 0) };
    check(set)?;
    Ok(timer)
}

/// Deletes a timer.
pub fn disarm(timer: i32) {
    // SAFETY: the call touches no memory of ours. It fails only for a timer that is not there.
    let _deleted = unsafe { syscall4(kernel::__NR_timer_delete, timer as usize, 0, 0, 0) };
}

/// MXCSR without its sticky exception bits, the x87 control word, and the direction flag.
#[must_use]
pub fn floating_point() -> [u32; 3] {
    const STICKY: u32 = 0x3f;
    const DIRECTION: u64 = 1 << 10;
    let (mut mxcsr, mut control, flags) = (0_u32, 0_u16, direction());
    // SAFETY: stores four bytes into a variable.
    unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut mxcsr, options(nostack)) };
    // SAFETY: stores two bytes into a variable.
    unsafe { asm!("fnstcw [{}]", in(reg) &raw mut control, options(nostack)) };
    [mxcsr & !STICKY, control.into(), u32::from(flags & DIRECTION != 0)]
}

fn direction() -> u64 {
    let flags;
    // SAFETY: reads the flags by way of the stack.
    unsafe { asm!("pushfq", "pop {}", out(reg) flags) };
    flags
}

/// `struct timespec`.
fn split(ns: u64) -> [u64; 2] {
    [ns / 1_000_000_000, ns % 1_000_000_000]
}

fn check(result: isize) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| Errno::from_raw_os_error(-result as i32))
}
