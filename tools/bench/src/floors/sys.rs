//! The signal behind [`signal`](super::signal): its handler, and queueing it to a thread; and fresh
//! memory for [`page_fault`](super::page_fault).
//!
//! The handler does two things, both allowed in a handler: it reads CLOCK_MONOTONIC through the vDSO
//! and stores the stamp in an atomic. Spec: sigaction(2), rt_tgsigqueueinfo(2), signal-safety(7).
#![allow(unsafe_code, reason = "installing a handler and queueing a signal are foreign calls")]

use std::io;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The stamp of the last signal, in nanoseconds; 0 if there is none.
static ARRIVED_NS: AtomicU64 = AtomicU64::new(0);

/// Only one measurement uses the handler at a time.
static IN_USE: Mutex<()> = Mutex::new(());

/// The handler is installed; dropping this puts back what was there.
pub(super) struct Arrival {
    signal: i32,
    before: libc::sigaction,
    _alone: MutexGuard<'static, ()>,
}

impl Arrival {
    /// Installs the handler on the first real-time signal that the C library leaves free.
    ///
    /// # Errors
    /// The kernel's, if it refuses.
    pub(super) fn install() -> io::Result<Self> {
        let alone = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        let signal = libc::SIGRTMIN();
        // SAFETY: all-zero bytes are a valid sigaction: integers, an empty mask, a default handler.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = stamp as extern "C" fn(i32) as usize;
        action.sa_flags = libc::SA_RESTART;
        let before = exchange(signal, &action)?;
        Ok(Self { signal, before, _alone: alone })
    }

    /// Forgets the last stamp.
    pub(super) fn clear(&self) {
        ARRIVED_NS.store(0, Ordering::Relaxed);
    }

    /// When the handler ran since the last [`clear`](Self::clear), in nanoseconds.
    pub(super) fn stamp_ns(&self) -> Option<u64> {
        match ARRIVED_NS.load(Ordering::Acquire) {
            0 => None,
            stamp_ns => Some(stamp_ns),
        }
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        // The kernel took this action once, so it takes it again.
        let _ = exchange(self.signal, &self.before);
    }
}

extern "C" fn stamp(_signal: i32) {
    ARRIVED_NS.store(mote_dispatcher::now_ns(), Ordering::Release);
}

fn exchange(signal: i32, action: &libc::sigaction) -> io::Result<libc::sigaction> {
    // SAFETY: as in `install`.
    let mut before: libc::sigaction = unsafe { mem::zeroed() };
    // SAFETY: both pointers are to live values; `stamp` only does what signal-safety(7) allows.
    match unsafe { libc::sigaction(signal, ptr::from_ref(action), ptr::from_mut(&mut before)) } {
        0 => Ok(before),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Queues the signal to a thread of this process.
///
/// # Errors
/// The kernel's: the thread is gone, or its queue is full.
pub(super) fn queue_signal(thread_id: u32, arrival: &Arrival) -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid siginfo_t: integers only.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    info.si_signo = arrival.signal;
    info.si_code = libc::SI_QUEUE;
    let process_id = std::process::id();
    // SAFETY: the kernel reads `info`, which lives until the call returns, and nothing else.
    let result = unsafe {
        libc::syscall(
            libc::SYS_rt_tgsigqueueinfo,
            process_id,
            thread_id,
            arrival.signal,
            ptr::from_ref(&info),
        )
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Fresh memory, in pages of the smallest size, none of which is there yet.
pub(super) struct Pages {
    address: ptr::NonNull<u8>,
    count: usize,
}

impl Pages {
    /// The smallest page, in bytes.
    const BYTES: usize = 4096;

    /// So many pages.
    ///
    /// # Errors
    /// The kernel's.
    pub(super) fn new(count: usize) -> io::Result<Self> {
        use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous};
        let (bytes, access) = (count * Self::BYTES, ProtFlags::READ | ProtFlags::WRITE);
        // SAFETY: a new mapping, where the kernel likes.
        let address = unsafe { mmap_anonymous(ptr::null_mut(), bytes, access, MapFlags::PRIVATE) }?;
        let address = ptr::NonNull::new(address.cast()).expect("a mapping is never at 0");
        let pages = Self { address, count };
        // SAFETY: the advice is on our own mapping and changes no byte of it. A kernel without huge
        // pages refuses it, and needs none.
        let _ = unsafe { madvise(address.as_ptr().cast(), bytes, Advice::LinuxNoHugepage) };
        Ok(pages)
    }

    /// Writes into page `index`.
    pub(super) fn touch(&mut self, index: usize) {
        assert!(index < self.count, "page {index} of {}", self.count);
        // SAFETY: inside the mapping, by the line above.
        let byte = unsafe { self.address.add(index * Self::BYTES) };
        // SAFETY: the mapping is writable and ours alone.
        unsafe { byte.write_volatile(1) };
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: nothing refers to the mapping. A refusal leaves it to the process's end.
        let _ =
            unsafe { rustix::mm::munmap(self.address.as_ptr().cast(), self.count * Self::BYTES) };
    }
}
