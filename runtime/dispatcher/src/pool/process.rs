//! A worker's process: started from a memory file, named by a pidfd, killed and reaped.
//!
//! A pidfd and not a pid: a signal then reaches the process that was started or nobody.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use mote_abi::area::fds;
use rustix::io::Errno;
use rustix::process::{Signal, WaitId, WaitIdOptions, WaitIdStatus, pidfd_send_signal, waitid};
use thiserror::Error;

use crate::images::zones::WindowFiles;
use crate::isolation::enclosure::Enclosure;
use crate::pool::areas::AreaFiles;
use crate::sys::signal::queue_alarm;
use crate::sys::spawn::{Child, Started};

/// Descriptors below this one are for the child's own numbers, [`fds`] and the standard three.
const FIRST_FREE_FD: i32 = if fds::END > 10 { fds::END } else { 10 };

/// The files that stay when a worker is replaced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastingFiles<'a> {
    /// The worker program.
    pub(crate) program: BorrowedFd<'a>,
    /// The worker's windows of each zone.
    pub(crate) windows: &'a [WindowFiles],
    /// What keeps it in.
    pub(crate) enclosure: &'a Enclosure,
}

/// A running worker, or one that is dead and not reaped. Killed and reaped when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    pid: u32,
    pidfd: OwnedFd,
    death: Option<Death>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Death {
    /// It exited with this status.
    #[error("it exited with status {0}")]
    Exited(i32),
    /// This signal killed it.
    #[error("it was killed by {}", SignalName(*.0))]
    Killed(i32),
}

/// A signal's number with its name, where it is one that ends a worker.
pub(crate) struct SignalName(pub(crate) i32);

impl fmt::Display for SignalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            libc::SIGABRT => "SIGABRT",
            libc::SIGALRM => "SIGALRM",
            libc::SIGBUS => "SIGBUS",
            libc::SIGFPE => "SIGFPE",
            libc::SIGILL => "SIGILL",
            libc::SIGKILL => "SIGKILL",
            libc::SIGSEGV => "SIGSEGV",
            libc::SIGSYS => "SIGSYS",
            libc::SIGTERM => "SIGTERM",
            libc::SIGTRAP => "SIGTRAP",
            number => return write!(f, "signal {number}"),
        };
        write!(f, "signal {} ({name})", self.0)
    }
}

impl Process {
    /// Starts a worker on `files`.
    pub(crate) fn start(lasting: LastingFiles<'_>, files: &AreaFiles) -> io::Result<Self> {
        Self::start_with(lasting, files, None)
    }

    /// Starts a worker that gets one more file, under the number given.
    pub(crate) fn start_with(
        lasting: LastingFiles<'_>,
        files: &AreaFiles,
        extra: Option<(BorrowedFd<'_>, i32)>,
    ) -> io::Result<Self> {
        let program = above_standard(lasting.program)?;
        let enclosure = lasting.enclosure;
        let null = above_standard(enclosure.null())?;
        let mut sources = vec![
            (above_standard(enclosure.dispatcher())?, fds::DISPATCHER),
            (above_standard(files.inbox.as_fd())?, fds::INBOX),
            (above_standard(files.outbox.as_fd())?, fds::OUTBOX),
        ];
        for (zone, files) in (0..).zip(lasting.windows) {
            sources.push((above_standard(files.text.as_fd())?, fds::text(zone)));
            sources.push((above_standard(files.rodata.as_fd())?, fds::rodata(zone)));
        }
        let extra = extra.map(|(fd, number)| Ok::<_, io::Error>((above_standard(fd)?, number)));
        let extra = extra.transpose()?;
        let all = sources.iter().chain(&extra);
        let numbered: Vec<_> = all.map(|(fd, number)| (fd.as_fd(), *number)).collect();
        let child = Child {
            program: program.as_fd(),
            name: c"mote-worker",
            null: null.as_fd(),
            fds: &numbered,
            namespaces: &enclosure.namespaces,
            is_first_process: enclosure.has_process_namespace,
        };
        let Started { pid, pidfd } = child.spawn()?;
        Ok(Self { pid, pidfd, death: None })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Queues the preemption signal. A process that is gone by now is noticed elsewhere.
    pub(crate) fn preempt(&self, value: u32) {
        // A full queue of signals or a dead process: the watchdog repeats, and its last step is a
        // kill, so nothing is lost by not acting on the error here.
        let _sent = queue_alarm(self.pidfd.as_fd(), value);
    }

    /// Sends SIGKILL. The process is gone only when [`Process::death`] says so.
    pub(crate) fn kill(&self) {
        // The only error possible is that it is dead already.
        let _sent = pidfd_send_signal(&self.pidfd, Signal::KILL);
    }

    /// How it ended, once it has; never blocks. Costs a call to the kernel while it is alive.
    pub(crate) fn death(&mut self) -> Option<Death> {
        self.reap(WaitIdOptions::EXITED | WaitIdOptions::NOHANG)
    }

    fn reap(&mut self, options: WaitIdOptions) -> Option<Death> {
        if self.death.is_none() {
            self.death = match waitid(WaitId::PidFd(self.pidfd.as_fd()), options) {
                Ok(status) => status.as_ref().map(death_of),
                Err(Errno::INTR) => None,
                // Somebody else in this program reaped it: dead, and it cannot be known how.
                Err(_) => Some(Death::Killed(0)),
            };
        }
        self.death
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        while self.reap(WaitIdOptions::EXITED).is_none() {}
    }
}

fn death_of(status: &WaitIdStatus) -> Death {
    match status.exit_status() {
        Some(status) => Death::Exited(status),
        None => Death::Killed(status.terminating_signal().unwrap_or(0)),
    }
}

/// The same file under a number that no child's own descriptor has.
fn above_standard(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    match rustix::io::fcntl_dupfd_cloexec(fd, FIRST_FREE_FD) {
        // The number asked for is beyond RLIMIT_NOFILE: F_DUPFD in fcntl(2).
        Err(Errno::INVAL) => Err(Errno::MFILE.into()),
        duplicate => Ok(duplicate?),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use mote_abi::windows::Base;

    use super::*;
    use crate::isolation::layer::Layer;
    use crate::pool::areas::Areas;
    use crate::sys::memory_file::program_file;

    /// A process of `program`, which is not the real worker.
    pub(crate) fn start_program(program: &[u8], files: &AreaFiles) -> io::Result<Process> {
        let program = program_file("test-program", program)?;
        let enclosure = Enclosure::prepare(&Layer::ALL, &(0..0), Base::of_number(0))?;
        let program = program.as_fd();
        Process::start(LastingFiles { program, windows: &[], enclosure: &enclosure }, files)
    }

    pub(crate) fn start(program: &str) -> Process {
        let (_areas, files) = Areas::create().unwrap();
        start_program(&std::fs::read(program).unwrap(), &files).unwrap()
    }

    /// A process that stands still.
    pub(crate) fn stopped(files: &AreaFiles) -> Process {
        let program = std::fs::read("/usr/bin/yes").unwrap();
        let process = start_program(&program, files).unwrap();
        pidfd_send_signal(&process.pidfd, Signal::STOP).unwrap();
        process
    }

    fn wait(process: &mut Process) -> Death {
        loop {
            if let Some(death) = process.death() {
                return death;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    #[test]
    fn program_runs_from_memory_and_its_status_is_told() {
        let mut process = start("/bin/false");
        assert_eq!(wait(&mut process), Death::Exited(1));
        assert_eq!(process.death(), Some(Death::Exited(1)), "a death is remembered");
    }

    #[test]
    fn program_that_is_no_elf_file_is_an_error() {
        let (_areas, files) = Areas::create().unwrap();
        let error = start_program(b"not a program", &files).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENOEXEC));
    }

    #[test]
    fn process_killed_is_told_from_one_that_exited() {
        let mut process = start("/usr/bin/yes");
        process.kill();
        let death = wait(&mut process);
        assert_eq!(death, Death::Killed(libc::SIGKILL));
        assert_eq!(death.to_string(), "it was killed by signal 9 (SIGKILL)");
    }

    #[test]
    fn preemption_signal_reaches_the_process() {
        let mut process = start("/usr/bin/yes");
        process.preempt(1);
        assert_eq!(wait(&mut process), Death::Killed(libc::SIGALRM));
    }

    #[test]
    fn process_is_gone_when_dropped() {
        let process = start("/usr/bin/yes");
        let pid = process.pid();
        drop(process);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }
}
