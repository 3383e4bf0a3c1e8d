//! Everything that a worker maps, before its first request.
//!
//! ```text
//!  wherever the kernel likes          at each zone's base, which the dispatcher chose
//!  inbox   r--  shared                text window   r-x  shared
//!  outbox  rw-  shared                rodata window r--  shared
//!  guard | alternate signal stack     data window   rw-  private, reserved
//!  of each stack slot:
//!    arena  rw-  private, reserved
//!    guard | service stack  rw-
//!    saved state  rw-  private, reserved
//! ```
//!
//! Source: mmap(2), madvise(2), memfd_create(2).

use core::ffi::c_void;
use core::ops::Range;
use core::ptr::{NonNull, null_mut};

use mote_abi::area::{INBOX_BYTES, OUTBOX_BYTES, fds};
use mote_abi::windows::WINDOW_BYTES;
use mote_sigctx::arch::SavedFrame;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise};

use crate::host::saved_state::SavedStateSpace;
use crate::host::stack_slot::GUARD_BYTES;
use crate::host::zones;
use crate::sys::pages::PAGE_BYTES;

/// How much of a stack or arena is made present at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// As much as ordinary invocations use, so that they never fault.
    Ordinary,
    /// Nothing: it takes memory when it is used.
    WhenUsed,
}

impl Presence {
    /// Of `bytes` bytes. A torture worker forks at every instruction, and pays for each present page.
    fn of(self, bytes: usize) -> usize {
        const ORDINARY_BYTES: usize = if cfg!(feature = "torture") { 16 << 10 } else { 256 << 10 };
        match self {
            Self::Ordinary => bytes.min(ORDINARY_BYTES),
            Self::WhenUsed => 0,
        }
    }
}

/// Maps the inbox.
///
/// # Errors
/// The kernel's.
pub fn inbox() -> Result<NonNull<u8>, Errno> {
    map_file(null_mut(), INBOX_BYTES, ProtFlags::READ, MapFlags::SHARED, fds::INBOX)
}

/// Maps the outbox; in a torture worker for itself alone, so that no child disturbs its parent.
///
/// # Errors
/// The kernel's.
pub fn outbox() -> Result<NonNull<u8>, Errno> {
    let writable = ProtFlags::READ | ProtFlags::WRITE;
    let sharing = if cfg!(feature = "torture") { MapFlags::PRIVATE } else { MapFlags::SHARED };
    map_file(null_mut(), OUTBOX_BYTES, writable, sharing, fds::OUTBOX)
}

/// Maps the results of a sweep, shared with the tool and with every child.
///
/// # Errors
/// The kernel's.
#[cfg(feature = "torture")]
pub fn results() -> Result<NonNull<u8>, Errno> {
    use mote_abi::torture::RESULTS_BYTES;
    let writable = ProtFlags::READ | ProtFlags::WRITE;
    map_file(null_mut(), RESULTS_BYTES, writable, MapFlags::SHARED, fds::RESULTS)
}

/// Maps the three windows of `zone` where all workers of the node have them: executable, readable, writable, never two
/// of "writable" and another's. Where the system lets shared memory have huge pages, images do.
///
/// # Errors
/// The kernel's; `EEXIST` if something else lies there.
pub fn windows(zone: u8) -> Result<(), Errno> {
    let windows = zones::base().windows(zone);
    let bytes = WINDOW_BYTES as usize;
    let fixed = MapFlags::FIXED_NOREPLACE;
    let shared = fixed | MapFlags::SHARED;
    let executable = ProtFlags::READ | ProtFlags::EXEC;
    let text = map_file(address(windows.text()), bytes, executable, shared, fds::text(zone))?;
    let readable = ProtFlags::READ;
    let rodata = map_file(address(windows.rodata()), bytes, readable, shared, fds::rodata(zone))?;
    map_private(address(windows.data()), bytes, fixed)?;
    for window in [text, rodata] {
        // SAFETY: the range was just mapped; the advice changes no byte. A kernel without huge pages
        // refuses it, and then there are none.
        let _refused = unsafe { madvise(window.as_ptr().cast(), bytes, Advice::LinuxHugepage) };
    }
    Ok(())
}

/// Maps a stack of at least `bytes` bytes above a guard, with its upper part present.
///
/// # Errors
/// The kernel's.
pub fn stack(bytes: usize, presence: Presence) -> Result<Range<u64>, Errno> {
    let bytes = bytes.next_multiple_of(PAGE_BYTES);
    let base = map_private(null_mut(), bytes + GUARD_BYTES as usize, MapFlags::empty())?;
    // SAFETY: the guard is the lower part of the mapping just made, which nothing uses yet.
    unsafe {
        rustix::mm::mprotect(base.as_ptr().cast(), GUARD_BYTES as usize, MprotectFlags::empty())
    }?;
    let low = base.as_ptr() as u64 + GUARD_BYTES;
    let high = low + bytes as u64;
    let present = presence.of(bytes);
    populate(high - present as u64, present)?;
    Ok(low..high)
}

/// Reserves `bytes` bytes, a multiple of the page size, with both ends present: the bump heap
/// grows down from the end, the general one up from the start.
///
/// # Errors
/// The kernel's.
pub fn arena(bytes: usize, presence: Presence) -> Result<NonNull<u8>, Errno> {
    let base = map_private(null_mut(), bytes, MapFlags::empty())?;
    let present = presence.of(bytes);
    let start = base.as_ptr() as u64;
    populate(start, present)?;
    populate(start + (bytes - present) as u64, present)?;
    Ok(base)
}

/// Maps a saved state, all zeros, and makes the part present that a handler writes.
///
/// # Errors
/// The kernel's.
pub fn saved_state() -> Result<NonNull<SavedStateSpace>, Errno> {
    let base = map_private(null_mut(), size_of::<SavedStateSpace>(), MapFlags::empty())?;
    populate(base.as_ptr() as u64, size_of::<SavedFrame>().next_multiple_of(PAGE_BYTES))?;
    Ok(base.cast())
}

/// Puts `value` into memory of its own, where it stays.
///
/// # Errors
/// The kernel's.
pub fn place<T>(value: T) -> Result<&'static mut T, Errno> {
    const { assert!(align_of::<T>() <= PAGE_BYTES) };
    let base = map_private(null_mut(), size_of::<T>(), MapFlags::empty())?.cast::<T>();
    // SAFETY: a fresh mapping, long enough and aligned to a page.
    unsafe { base.write(value) };
    // SAFETY: just written; nobody else knows of it, and it is never unmapped.
    Ok(unsafe { &mut *base.as_ptr() })
}

fn address(of: u64) -> *mut c_void {
    of as *mut c_void
}

fn populate(address: u64, bytes: usize) -> Result<(), Errno> {
    if bytes == 0 {
        return Ok(());
    }
    // SAFETY: the range lies in a private mapping of ours; making it present changes no byte.
    unsafe { madvise(address as *mut c_void, bytes, Advice::LinuxPopulateWrite) }
}

fn map_file(
    address: *mut c_void,
    bytes: usize,
    protection: ProtFlags,
    flags: MapFlags,
    fd: i32,
) -> Result<NonNull<u8>, Errno> {
    // SAFETY: the descriptor is open until lockdown, by the start's agreement.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    // SAFETY: the address is null, or fixed without replacing, so no memory in use is touched.
    let base = unsafe { rustix::mm::mmap(address, bytes, protection, flags, fd, 0) }?;
    NonNull::new(base.cast()).ok_or(Errno::NOMEM)
}

fn map_private(address: *mut c_void, bytes: usize, flags: MapFlags) -> Result<NonNull<u8>, Errno> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let flags = flags | MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: the address is null, or fixed without replacing, so no memory in use is touched.
    let base = unsafe { rustix::mm::mmap_anonymous(address, bytes, protection, flags) }?;
    NonNull::new(base.cast()).ok_or(Errno::NOMEM)
}
