//! When the kernel runs a process of ours.
//!
//! Source: sched(7), sched_setscheduler(2).

use std::io;

/// Lets process `pid` run only when its processor has nothing else to do.
///
/// # Errors
/// The process is another user's, and this one lacks `CAP_SYS_NICE`; or it is gone.
pub(crate) fn make_idle(pid: u32) -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: the call reads live parameters, and changes how a process is scheduled, nothing else.
    let result = unsafe {
        libc::sched_setscheduler(pid.cast_signed(), libc::SCHED_IDLE, &raw const parameters)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_of_ours_becomes_idle() {
        let mut yes = std::process::Command::new("yes");
        let mut child = yes.stdout(std::process::Stdio::null()).spawn().unwrap();
        make_idle(child.id()).unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        // Field 41 of proc_pid_stat(5), the 39th behind the name in parentheses.
        let policy = stat.rsplit(')').next().unwrap().split_whitespace().nth(38).unwrap();
        assert_eq!(policy, libc::SCHED_IDLE.to_string());
    }
}
