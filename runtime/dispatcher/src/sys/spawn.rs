//! A child process with chosen file descriptors and namespaces, an empty environment and default signals.
//!
//! ```text
//!  this thread ──clone──▶ entrant ──clone──▶ child ──execveat──▶ the program
//!   waits ◀─────exits──── enters the shared    first of its own
//!                         namespaces           process namespace
//! ```
//!
//! The entrant is there because a process that enters a user namespace cannot leave it, and because only a
//! child of who asks is in a new process namespace. It makes the child this process's own
//! (`CLONE_PARENT`), and puts the child's pidfd into this process's table (`CLONE_FILES`). Both borrow this
//! thread's memory while it waits, as vfork(2) has it: they allocate nothing, lock nothing, and touch
//! [`Plan`] and their stacks only.
//!
//! Source: clone(2), setns(2), execveat(2), namespaces(7), vfork(2).

use std::ffi::{CStr, c_char, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr::{null, null_mut};

use super::signal_mask::{SignalMask, reset_signals};

/// The stack of each of the two, in bytes.
const STACK_BYTES: usize = 32 << 10;

/// Exit status of a child that could not become its program.
const NOT_STARTED: c_int = 127;

/// What a child starts with, beyond its three standard files, which are `null`.
pub(crate) struct Child<'a> {
    /// The program.
    pub(crate) program: BorrowedFd<'a>,
    /// Its only argument: what it is called.
    pub(crate) name: &'a CStr,
    /// /dev/null.
    pub(crate) null: BorrowedFd<'a>,
    /// Descriptors and the numbers they get. No descriptor's own number may be among those.
    pub(crate) fds: &'a [(BorrowedFd<'a>, i32)],
    /// Namespaces to enter, in this order.
    pub(crate) namespaces: &'a [OwnedFd],
    /// Whether it is the first process of a new process namespace.
    pub(crate) is_first_process: bool,
}

/// A child that was started. The caller reaps it.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) pid: u32,
    pub(crate) pidfd: OwnedFd,
}

/// What the two borrowers of this thread's memory read, and where they say what became of them.
struct Plan<'a> {
    child: &'a Child<'a>,
    arguments: [*const c_char; 2],
    environment: [*const c_char; 1],
    child_stack: *mut c_void,
    pid: c_int,
    pidfd: c_int,
    /// What failed first, as errno has it.
    errno: c_int,
}

impl Child<'_> {
    /// Starts it. The caller reaps it.
    pub(crate) fn spawn(&self) -> io::Result<Started> {
        let mut stack = Stack::new();
        let mut plan = Plan {
            child: self,
            arguments: [self.name.as_ptr(), null()],
            environment: [null()],
            child_stack: stack.top(),
            pid: -1,
            pidfd: -1,
            errno: 0,
        };
        borrow(enter, 0, (&raw mut plan).cast())?;
        plan.outcome()
    }
}

/// Runs `entry` on `plan` in a process that shares this thread's memory and descriptors, with `flags` of
/// clone(2) besides, and waits for its end.
pub(super) fn borrow(
    entry: extern "C" fn(*mut c_void) -> c_int,
    flags: c_int,
    plan: *mut c_void,
) -> io::Result<()> {
    let mut stack = Stack::new();
    let _mask = SignalMask::block_all();
    let shared = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_FILES;
    match clone(entry, stack.top(), shared | flags | libc::SIGCHLD, plan, null_mut()) {
        pid if pid > 0 => reap(pid),
        _ => Err(io::Error::last_os_error()),
    }
}

impl Plan<'_> {
    /// The child; or why there is none, and then it is reaped here if there was one.
    fn outcome(&self) -> io::Result<Started> {
        if self.errno != 0 {
            if self.pid > 0 {
                drop(self.started()?);
                reap(self.pid)?;
            }
            return Err(io::Error::from_raw_os_error(self.errno));
        }
        self.started()
    }

    fn started(&self) -> io::Result<Started> {
        if self.pidfd < 0 || self.pid <= 0 {
            return Err(io::ErrorKind::Other.into());
        }
        // SAFETY: the kernel made this descriptor in this process's table for the child, and nobody else
        // was told its number.
        let pidfd = unsafe { OwnedFd::from_raw_fd(self.pidfd) };
        Ok(Started { pid: self.pid.cast_unsigned(), pidfd })
    }
}

/// The entrant: enters the namespaces, and starts the child as its sibling.
extern "C" fn enter(plan: *mut c_void) -> c_int {
    // SAFETY: `spawn` passed its plan, which lives while this process does; nobody else runs on it.
    let plan = unsafe { &mut *plan.cast::<Plan<'_>>() };
    for namespace in plan.child.namespaces {
        // SAFETY: changes this process only, and that is the entrant.
        if unsafe { libc::setns(namespace.as_raw_fd(), 0) } != 0 {
            plan.errno = errno();
            return NOT_STARTED;
        }
    }
    let own = if plan.child.is_first_process { libc::CLONE_NEWPID } else { 0 };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PARENT | libc::CLONE_PIDFD | own;
    let (stack, pidfd) = (plan.child_stack, &raw mut plan.pidfd);
    let pid = clone(become_program, stack, flags, (&raw mut *plan).cast(), pidfd);
    plan.pid = pid;
    if pid < 0 {
        plan.errno = errno();
        return NOT_STARTED;
    }
    0
}

/// The child: gets its descriptors and its signals, and becomes the program.
extern "C" fn become_program(plan: *mut c_void) -> c_int {
    // SAFETY: as in `enter`, which waits meanwhile.
    let plan = unsafe { &mut *plan.cast::<Plan<'_>>() };
    if number_files(plan.child) {
        reset_signals();
        // SAFETY: both lists end with a null pointer, the path is empty, and all outlive the call.
        unsafe {
            libc::syscall(
                libc::SYS_execveat,
                plan.child.program.as_raw_fd(),
                c"".as_ptr(),
                plan.arguments.as_ptr(),
                plan.environment.as_ptr(),
                libc::AT_EMPTY_PATH,
            )
        };
    }
    plan.errno = errno();
    NOT_STARTED
}

/// Gives the files their numbers, in the child's own table. Whether it worked.
fn number_files(child: &Child<'_>) -> bool {
    let standard = [libc::STDIN_FILENO, libc::STDOUT_FILENO, libc::STDERR_FILENO];
    let standard = standard.map(|number| (child.null.as_raw_fd(), number));
    let others = child.fds.iter().map(|&(fd, number)| (fd.as_raw_fd(), number));
    // SAFETY: closes what had a number before, in the child's own table; the caller promised that none
    // of the sources has.
    standard.into_iter().chain(others).all(|(fd, number)| unsafe { libc::dup2(fd, number) } >= 0)
}

fn clone(
    entry: extern "C" fn(*mut c_void) -> c_int,
    stack: *mut c_void,
    flags: c_int,
    plan: *mut c_void,
    pidfd: *mut c_int,
) -> c_int {
    // SAFETY:
    // 1. With `CLONE_VFORK` the caller waits until the new process has ended or become a program, so it
    //    may use the caller's memory; `entry` touches its plan and its stack only.
    // 2. `stack` is the aligned end of a stack that nobody else uses, and outlives the process.
    // 3. `pidfd` is written only with `CLONE_PIDFD`, and is then a live integer.
    unsafe { libc::clone(entry, stack, flags, plan, pidfd) }
}

pub(super) fn errno() -> c_int {
    io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

/// Waits for the end of a child of this process.
fn reap(pid: c_int) -> io::Result<()> {
    loop {
        // SAFETY: no status is asked for, so nothing is written.
        if unsafe { libc::waitpid(pid, null_mut(), 0) } == pid {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Memory for a stack.
struct Stack(Box<[MaybeUninit<u128>]>);

impl Stack {
    fn new() -> Self {
        Self(Box::new_uninit_slice(STACK_BYTES / size_of::<u128>()))
    }

    /// Its aligned end: stacks grow down.
    fn top(&mut self) -> *mut c_void {
        self.0.as_mut_ptr_range().end.cast()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::AsFd;

    use rustix::process::{Pid, WaitOptions, waitpid};

    use super::*;

    fn spawn(program: &File) -> io::Result<Started> {
        let null = File::options().read(true).write(true).open("/dev/null").unwrap();
        Child {
            program: program.as_fd(),
            name: c"x",
            null: null.as_fd(),
            fds: &[],
            namespaces: &[],
            is_first_process: false,
        }
        .spawn()
    }

    #[test]
    fn child_that_cannot_be_executed_is_an_error_and_not_a_process() {
        let text = File::open("/proc/self/status").unwrap();
        assert_eq!(spawn(&text).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn child_runs_with_its_standard_input_empty() {
        let started = spawn(&File::open("/bin/cat").unwrap()).unwrap();
        let pid = Pid::from_raw(started.pid.cast_signed());
        let (_, status) = waitpid(pid, WaitOptions::empty()).unwrap().unwrap();
        assert_eq!(status.exit_status(), Some(0));
    }
}
