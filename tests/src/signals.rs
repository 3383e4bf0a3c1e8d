//! Signals sent to a worker on purpose.
//!
//! Source: sigqueue(3), kill(2).

/// Queues `SIGALRM` with `value` to process `pid`, as a dispatcher does. A full queue drops it.
///
/// # Panics
/// If the kernel refuses.
pub fn queue_alarm(pid: u32, value: usize) {
    let value = libc::sigval { sival_ptr: value as *mut libc::c_void };
    // SAFETY: sends a signal that workers handle; the value is a number.
    let result = unsafe { libc::sigqueue(pid as i32, libc::SIGALRM, value) };
    let error = std::io::Error::last_os_error();
    assert!(result == 0 || error.raw_os_error() == Some(libc::EAGAIN), "sigqueue: {error}");
}

/// Sends `signal` to process `pid`, as kill(1) does.
///
/// # Panics
/// If the kernel refuses.
pub fn send(pid: u32, signal: i32) {
    // SAFETY: the process is a worker of the calling test.
    let result = unsafe { libc::kill(pid as i32, signal) };
    assert_eq!(result, 0, "kill: {}", std::io::Error::last_os_error());
}
