//! What the worker gives up before its first request, for good.
//!
//! The order matters: only who still may change users becomes another; changing it clears the death
//! signal, so that comes after; the dispatcher's pidfd is looked at before all descriptors are closed; and
//! the filter, which admits none of these calls, is last.
//!
//! Source: setresuid(2), capget(2), prctl(2), setrlimit(2), close_range(2), seccomp(2), pidfd_open(2).

use core::sync::atomic::Ordering::Relaxed;

use linux_raw_sys::general::{__NR_close_range, __NR_prctl, __NR_seccomp};
use mote_abi::area::fds;
use mote_abi::lockdown::speculation::{self, Control};
use mote_abi::lockdown::{Lockdown, steps};
use mote_sigctx::arch::{syscall4, syscall5};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::process::{
    DumpableBehavior, Gid, Resource, Rlimit, Signal, Uid, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use rustix::thread::{
    CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid,
};

/// `SECCOMP_SET_MODE_FILTER`.
const SET_MODE_FILTER: usize = 1;

/// What a worker has no use for: limits of zero.
const NOTHING_OF: [Resource; 4] =
    [Resource::Core, Resource::Fsize, Resource::Nproc, Resource::Nofile];

/// `struct sock_fprog`.
#[repr(C)]
struct Program {
    count: u16,
    instructions: *const u64,
}

/// Gives up what `lockdown` says.
///
/// # Errors
/// The kernel's; `ESRCH` if the dispatcher is gone.
pub fn enter(lockdown: &Lockdown) -> Result<(), Errno> {
    let all = lockdown.steps.load(Relaxed);
    let has = |step| all & step != 0;
    if has(steps::USER) {
        become_user(lockdown.user.load(Relaxed))?;
    }
    bind_to_dispatcher()?;
    close_all()?;
    if has(steps::CAPABILITIES) {
        drop_capabilities()?;
    }
    if has(steps::UNDUMPABLE) {
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    if has(steps::LIMITS) {
        let zero = Rlimit { current: Some(0), maximum: Some(0) };
        NOTHING_OF.into_iter().try_for_each(|resource| setrlimit(resource, zero))?;
    }
    if has(steps::SPECULATION) {
        speculation::KINDS.into_iter().try_for_each(|(kind, _)| turn_off(kind))?;
    }
    if has(steps::FILTER) {
        install_filter(lockdown)?;
    }
    Ok(())
}

fn become_user(user: u32) -> Result<(), Errno> {
    let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(user));
    set_thread_groups(&[])?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)
}

/// A worker without a dispatcher serves nobody: it dies with it, and at once if that has happened. Its
/// parent's number does not tell: seen from another process namespace, that is always 0.
fn bind_to_dispatcher() -> Result<(), Errno> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // SAFETY: the descriptor is open until `close_all`, by the start's agreement.
    let dispatcher = unsafe { BorrowedFd::borrow_raw(fds::DISPATCHER) };
    let mut ends = [PollFd::from_borrowed_fd(dispatcher, PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    match poll(&mut ends, Some(&at_once))? {
        0 => Ok(()),
        _ => Err(Errno::SRCH),
    }
}

/// Closes every descriptor. What was mapped from them stays.
fn close_all() -> Result<(), Errno> {
    // SAFETY: nothing in this program uses a descriptor after the start.
    check(unsafe { syscall4(__NR_close_range, 0, u32::MAX as usize, 0, 0) })
}

fn drop_capabilities() -> Result<(), Errno> {
    let none = CapabilitySet::empty();
    set_no_new_privs(true)?;
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
}

/// Turns a kind of speculation off for good, if this process may.
fn turn_off(kind: usize) -> Result<(), Errno> {
    // SAFETY: the kernel reads and writes no memory of this process for this call.
    let answer = unsafe { syscall5(__NR_prctl, [speculation::GET, kind, 0, 0, 0]) };
    if Control::of(answer) != Control::Offered {
        return Ok(());
    }
    let set = [speculation::SET, kind, speculation::FOR_GOOD, 0, 0];
    // SAFETY: as above.
    check(unsafe { syscall5(__NR_prctl, set) })
}

fn install_filter(lockdown: &Lockdown) -> Result<(), Errno> {
    let (instructions, count) = lockdown.filter();
    let program = Program { count: count as u16, instructions: instructions.as_ptr() };
    // Without privilege, a filter is taken only from who will not have any.
    set_no_new_privs(true)?;
    let address = &raw const program as usize;
    // SAFETY: the kernel reads the program and its instructions, which outlive the call.
    check(unsafe { syscall4(__NR_seccomp, SET_MODE_FILTER, 0, address, 0) })
}

fn check(result: isize) -> Result<(), Errno> {
    if result < 0 { Err(Errno::from_raw_os_error(-result as i32)) } else { Ok(()) }
}
