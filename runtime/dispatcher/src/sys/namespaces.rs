//! New namespaces without a process in them: what keeps them are their descriptors.
//!
//! A process makes them, opens them, covers its root with an empty file system, and ends. It borrows this
//! thread's memory and table of descriptors meanwhile, as in [`spawn`](super::spawn).
//!
//! Source: namespaces(7), user_namespaces(7), mount_namespaces(7), clone(2), mount(2).

use std::ffi::{CStr, c_int, c_void};
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr::{null, null_mut};

use crate::sys::spawn;

/// The namespaces that are made, and the order in which they are entered: that of users first, because it
/// gives the right to enter the others.
const NAMES: [&CStr; 5] = [
    c"/proc/self/ns/user",
    c"/proc/self/ns/net",
    c"/proc/self/ns/ipc",
    c"/proc/self/ns/uts",
    c"/proc/self/ns/mnt",
];

/// Flags of clone(2) for those, without that of users.
const COMMON: c_int =
    libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS | libc::CLONE_NEWNS;

/// What the maker of namespaces reads and writes.
struct Plan {
    has_users: bool,
    opened: [c_int; NAMES.len()],
    errno: c_int,
}

/// New namespaces of network, IPC, host name and mounts, and of users if `has_users` (which needs no
/// privilege). In that of mounts, the root is an empty file system that cannot be written.
pub(crate) fn create(has_users: bool) -> io::Result<Vec<OwnedFd>> {
    let mut plan = Plan { has_users, opened: [-1; NAMES.len()], errno: 0 };
    let users = if has_users { libc::CLONE_NEWUSER } else { 0 };
    let result = spawn::borrow(make, COMMON | users, (&raw mut plan).cast());
    let opened = plan.opened.into_iter().filter(|&fd| fd >= 0);
    // SAFETY: the maker opened these in this process's table, and is gone.
    let opened: Vec<_> = opened.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }).collect();
    result?;
    if plan.errno == 0 { Ok(opened) } else { Err(io::Error::from_raw_os_error(plan.errno)) }
}

extern "C" fn make(plan: *mut c_void) -> c_int {
    // SAFETY: `create` passed its plan, and waits.
    let plan = unsafe { &mut *plan.cast::<Plan>() };
    let first = usize::from(!plan.has_users);
    for (name, opened) in NAMES.iter().zip(&mut plan.opened).skip(first) {
        // SAFETY: the path ends with a zero.
        *opened = unsafe { libc::open(name.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
        if *opened < 0 {
            plan.errno = spawn::errno();
            return 1;
        }
    }
    if !cover_root() {
        plan.errno = spawn::errno();
        return 1;
    }
    0
}

/// Mounts an empty file system over the root, in this process's own mount namespace. What is entered by
/// setns(2) is the topmost. Whether it worked.
fn cover_root() -> bool {
    let private = libc::MS_REC | libc::MS_PRIVATE;
    let empty = libc::MS_RDONLY | libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    mount(null(), null(), private) && mount(c"mote".as_ptr(), c"tmpfs".as_ptr(), empty)
}

fn mount(source: *const libc::c_char, kind: *const libc::c_char, flags: u64) -> bool {
    // SAFETY: the strings end with zeros or are null, where the call allows it.
    unsafe { libc::mount(source, c"/".as_ptr(), kind, flags, null_mut::<c_void>()) == 0 }
}
