//! A signal that carries a value, sent to exactly one process.
//!
//! Source: pidfd_send_signal(2), rt_sigqueueinfo(2), siginfo_t in sigaction(2).

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// The kernel's `siginfo_t` as a queued signal has it.
#[repr(C)]
struct QueuedSignal {
    signal: i32,
    errno: i32,
    code: i32,
    padding: i32,
    pid: u32,
    uid: u32,
    value: u64,
    unused: [u64; 12],
}

const _: () = assert!(size_of::<QueuedSignal>() == size_of::<libc::siginfo_t>());

/// Queues SIGALRM with `value` to the process of `pidfd`. A signal of that number which is pending
/// already stays, and this one is lost: whoever needs it sends it again.
pub(crate) fn queue_alarm(pidfd: BorrowedFd<'_>, value: u32) -> io::Result<()> {
    let information = QueuedSignal {
        signal: libc::SIGALRM,
        errno: 0,
        code: libc::SI_QUEUE,
        padding: 0,
        pid: std::process::id(),
        uid: rustix::process::getuid().as_raw(),
        value: u64::from(value),
        unused: [0; 12],
    };
    // SAFETY: the kernel reads one siginfo_t from `information`, which is as long (asserted above)
    // and lives through the call; it writes nothing.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            libc::SIGALRM,
            &raw const information,
            0,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
