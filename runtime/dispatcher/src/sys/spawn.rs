//! A child process with chosen file descriptors, an empty environment and default signals.
//!
//! `posix_spawn` and not `std::process::Command`: the latter reports a failed exec through a pipe
//! whose number may be one that the child must give to something else.
//! Source: posix_spawn(3), whose `dup2` actions clear FD_CLOEXEC.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::null_mut;

/// What a child starts with, beyond its standard input and output, which are /dev/null, and its
/// standard error, which is ours.
pub(crate) struct Child<'a> {
    /// The path to execute.
    pub(crate) path: &'a CStr,
    /// Its only argument: what it is called.
    pub(crate) name: &'a CStr,
    /// Descriptors and the numbers they get. No descriptor's own number may be among those.
    pub(crate) fds: &'a [(BorrowedFd<'a>, i32)],
}

impl Child<'_> {
    /// Starts it. The caller reaps it.
    pub(crate) fn spawn(&self) -> io::Result<i32> {
        let mut actions = FileActions::new()?;
        actions.open_null(libc::STDIN_FILENO, libc::O_RDONLY)?;
        actions.open_null(libc::STDOUT_FILENO, libc::O_WRONLY)?;
        for &(fd, number) in self.fds {
            actions.duplicate(fd, number)?;
        }
        let attributes = Attributes::with_default_signals()?;
        let arguments = [self.name.as_ptr().cast_mut(), null_mut()];
        let environment = [null_mut()];
        let mut pid = 0;
        // SAFETY: all pointers are to live values: `path` ends with a zero, both lists end with a
        // null pointer, actions and attributes are initialised. The call writes only `pid`.
        check(unsafe {
            libc::posix_spawn(
                &raw mut pid,
                self.path.as_ptr(),
                &raw const actions.0,
                &raw const attributes.0,
                arguments.as_ptr(),
                environment.as_ptr(),
            )
        })?;
        Ok(pid)
    }
}

struct FileActions(libc::posix_spawn_file_actions_t);

impl FileActions {
    fn new() -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: the call initialises what it is given.
        check(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        // SAFETY: it succeeded, so it did.
        Ok(Self(unsafe { actions.assume_init() }))
    }

    fn open_null(&mut self, number: i32, flags: i32) -> io::Result<()> {
        // SAFETY: the actions are initialised, and the path is copied by the call.
        check(unsafe {
            libc::posix_spawn_file_actions_addopen(
                &raw mut self.0,
                number,
                c"/dev/null".as_ptr(),
                flags,
                0,
            )
        })
    }

    fn duplicate(&mut self, fd: BorrowedFd<'_>, number: i32) -> io::Result<()> {
        // SAFETY: the actions are initialised; the descriptor is only a number until the spawn.
        check(unsafe {
            libc::posix_spawn_file_actions_adddup2(&raw mut self.0, fd.as_raw_fd(), number)
        })
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: `new` initialised it, and nothing uses it after this.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    /// All signals have their default action and none is blocked, whatever this process does.
    fn with_default_signals() -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call initialises what it is given.
        check(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: it succeeded, so it did.
        let mut attributes = Self(unsafe { attributes.assume_init() });
        let flags = (libc::POSIX_SPAWN_SETSIGMASK | libc::POSIX_SPAWN_SETSIGDEF) as i16;
        // SAFETY: the attributes are initialised.
        check(unsafe { libc::posix_spawnattr_setflags(&raw mut attributes.0, flags) })?;
        // SAFETY: as above; the set lives through the call, which copies it.
        check(unsafe { libc::posix_spawnattr_setsigmask(&raw mut attributes.0, &no_signals()) })?;
        // SAFETY: as above.
        check(unsafe {
            libc::posix_spawnattr_setsigdefault(&raw mut attributes.0, &all_signals())
        })?;
        Ok(attributes)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: it was initialised, and nothing uses it after this.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

fn no_signals() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the call initialises what it is given; it cannot fail.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: it did.
    unsafe { set.assume_init() }
}

fn all_signals() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the call initialises what it is given; it cannot fail.
    unsafe { libc::sigfillset(set.as_mut_ptr()) };
    // SAFETY: it did.
    unsafe { set.assume_init() }
}

fn check(errno: i32) -> io::Result<()> {
    if errno == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(errno)) }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Pid, WaitOptions, waitpid};

    use super::*;

    #[test]
    fn child_that_cannot_be_executed_is_an_error_and_not_a_process() {
        let child = Child { path: c"/nonexistent", name: c"x", fds: &[] };
        assert_eq!(child.spawn().unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn child_runs_with_its_standard_input_empty() {
        let child = Child { path: c"/bin/cat", name: c"cat", fds: &[] };
        let pid = Pid::from_raw(child.spawn().unwrap());
        let (_, status) = waitpid(pid, WaitOptions::empty()).unwrap().unwrap();
        assert_eq!(status.exit_status(), Some(0));
    }
}
