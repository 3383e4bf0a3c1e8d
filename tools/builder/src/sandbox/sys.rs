//! Between fork(2) and exec(2): the steps into the sandbox. Nothing here allocates or takes a lock.
#![expect(unsafe_code, reason = "system calls between fork and exec")]

use std::ffi::CStr;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use landlock::RulesetCreated;
use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use rustix::process::{Resource, Rlimit, Signal, WaitOptions};
use rustix::thread::UnshareFlags;

use super::plan::{Plan, Step};

/// What a process does before it becomes the program.
pub(super) struct Entry {
    /// Into namespaces and a root of its own.
    pub(super) plan: Option<Plan>,
    /// Under Landlock's rules.
    pub(super) rules: Option<RulesetCreated>,
    /// Under these limits.
    pub(super) limits: Vec<(Resource, Rlimit)>,
}

/// Lets `command` take the steps of `entry` before it executes its program.
pub(super) fn before_exec(command: &mut Command, mut entry: Entry) {
    let parent = rustix::process::getpid();
    // SAFETY: the closure makes system calls on memory that is allocated before the fork; it neither
    // allocates nor takes a lock, which another thread may have held at the fork.
    unsafe {
        command.pre_exec(move || enter(&mut entry, parent));
    }
}

fn enter(entry: &mut Entry, parent: rustix::process::Pid) -> io::Result<()> {
    if let Some(plan) = &entry.plan {
        unshare(plan)?;
        die_with_parent()?;
        if rustix::process::getppid() != Some(parent) {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        become_first_process()?;
        die_with_parent()?;
        mount_all(plan)?;
        change_root(plan)?;
    } else {
        die_with_parent()?;
    }
    for (resource, limit) in &entry.limits {
        lower(*resource, *limit)?;
    }
    rustix::thread::set_no_new_privs(true)?;
    if let Some(rules) = entry.rules.take() {
        rules.restrict_self().map_err(|_| io::Error::from_raw_os_error(libc::EPERM))?;
    }
    Ok(())
}

/// A limit that is lower already stays.
fn lower(resource: Resource, limit: Rlimit) -> io::Result<()> {
    let most = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let value = limit.maximum.unwrap_or(u64::MAX).min(most);
    let limit = Rlimit { current: Some(value), maximum: Some(value) };
    rustix::process::setrlimit(resource, limit)?;
    Ok(())
}

fn unshare(plan: &Plan) -> io::Result<()> {
    let flags = UnshareFlags::NEWUSER
        | UnshareFlags::NEWNS
        | UnshareFlags::NEWPID
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS;
    // SAFETY: this process has one thread, the one that forked; descriptors stay shared with nobody.
    unsafe { rustix::thread::unshare_unsafe(flags) }?;
    write(c"/proc/self/setgroups", b"deny")?;
    write(c"/proc/self/uid_map", &plan.uid_map)?;
    write(c"/proc/self/gid_map", &plan.gid_map)
}

fn write(path: &CStr, bytes: &[u8]) -> io::Result<()> {
    let file = rustix::fs::openat(CWD, path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::io::write(&file, bytes)?;
    Ok(())
}

/// prctl(2): PR_SET_PDEATHSIG. Set after the user namespace, whose change of credentials clears it.
fn die_with_parent() -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(())
}

/// Forks; returns in the child, process 1 of the new pid namespace. The parent stays as supervisor
/// until the child has ended, and ends as it did.
fn become_first_process() -> io::Result<()> {
    // SAFETY: clone(2) as fork(2) does it, without the C library's handlers, which may take locks.
    let child = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    match child {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(()),
        _ => supervise(),
    }
}

fn supervise() -> ! {
    // SAFETY: whatever is open here belongs to the child now: its end is then seen by who reads.
    unsafe { libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0) };
    let status = loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((_, status))) if status.exited() || status.signaled() => break status,
            Err(rustix::io::Errno::INTR) | Ok(_) => {}
            Err(_) => exit(1),
        }
    };
    let code = status.exit_status().or(status.terminating_signal().map(|signal| 128 + signal));
    exit(code.unwrap_or(1))
}

fn exit(code: i32) -> ! {
    // SAFETY: ends this process at once, without the handlers of the program it was forked from.
    unsafe { libc::_exit(code) }
}

fn mount_all(plan: &Plan) -> io::Result<()> {
    rustix::mount::mount_change(c"/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount(c"none", plan.root.as_c_str(), c"tmpfs", flags, c"size=1m,mode=755")?;
    for step in &plan.steps {
        take(step)?;
    }
    // A container may not let it be seen; compilers do without.
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    let _ = rustix::mount::mount(c"proc", plan.proc.as_c_str(), c"proc", flags, c"");
    Ok(())
}

fn take(step: &Step) -> io::Result<()> {
    match step {
        Step::Folder(path) => match rustix::fs::mkdirat(CWD, path, Mode::from_raw_mode(0o755)) {
            Err(rustix::io::Errno::EXIST) | Ok(()) => Ok(()),
            Err(error) => Err(error.into()),
        },
        Step::File(path) => {
            let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
            rustix::fs::openat(CWD, path, flags, Mode::from_raw_mode(0o644))?;
            Ok(())
        }
        Step::Link { target, at } => Ok(rustix::fs::symlinkat(target, CWD, at)?),
        Step::Bind { from, at, is_writable, is_device } => {
            rustix::mount::mount_bind_recursive(from, at)?;
            let read_only = if *is_writable { 0 } else { libc::MOUNT_ATTR_RDONLY };
            let no_device = if *is_device { 0 } else { libc::MOUNT_ATTR_NODEV };
            restrict_mount(at, read_only | no_device | libc::MOUNT_ATTR_NOSUID)
        }
    }
}

/// mount_setattr(2): adds attributes to a mount and those below it.
fn restrict_mount(at: &CStr, attributes: u64) -> io::Result<()> {
    let attributes =
        libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: `at` is a C string and `attributes` a structure of the size given; both are only read.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            at.as_ptr(),
            libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// pivot_root(2), "pivot_root(".", ".")": the old root lies over the new one, and is then unmounted.
fn change_root(plan: &Plan) -> io::Result<()> {
    rustix::process::chdir(plan.root.as_c_str())?;
    rustix::process::pivot_root(c".", c".")?;
    rustix::mount::unmount(c".", UnmountFlags::DETACH)?;
    rustix::mount::mount_remount(
        c"/",
        MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV | MountFlags::BIND,
        c"",
    )?;
    rustix::process::chdir(plan.folder.as_c_str())?;
    Ok(())
}
