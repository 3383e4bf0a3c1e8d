//! A word that the kernel marks, and wakes, when this process ends: the only entry of its robust list.
//!
//! ```text
//!  LIST.next ─▶ LIST.entry ─▶ LIST        the futex word is at the entry's address + futex_offset
//! ```
//! Source: set_robust_list(2), Documentation/locking/robust-futex-ABI.rst of Linux.

use core::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::Relaxed};

use linux_raw_sys::general::__NR_set_robust_list;
use mote_abi::park::LifeWord;
use mote_sigctx::arch::syscall4;
use rustix::io::Errno;

/// `struct robust_list_head`, and the entry behind it.
#[repr(C)]
struct List {
    next: AtomicUsize,
    futex_offset: AtomicIsize,
    pending: AtomicUsize,
    entry: AtomicUsize,
}

/// Length of `struct robust_list_head`.
const HEAD_BYTES: usize = 24;

static LIST: List = List {
    next: AtomicUsize::new(0),
    futex_offset: AtomicIsize::new(0),
    pending: AtomicUsize::new(0),
    entry: AtomicUsize::new(0),
};

/// Has the end of this process told by `life`.
///
/// # Errors
/// The kernel's, if it was built without futexes.
pub fn tell_end(life: &'static LifeWord) -> Result<(), Errno> {
    life.name(rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned());
    let (list, entry) = ((&raw const LIST).addr(), (&raw const LIST.entry).addr());
    let word = (&raw const *life).addr();
    LIST.futex_offset.store(word.wrapping_sub(entry).cast_signed(), Relaxed);
    LIST.entry.store(list, Relaxed);
    LIST.next.store(entry, Relaxed);
    // SAFETY: the kernel keeps the address of a static, and follows it when this thread ends: to the entry, which is
    // static too, and to a word in memory that stays mapped.
    let result = unsafe { syscall4(__NR_set_robust_list, list, HEAD_BYTES, 0, 0) };
    if result < 0 { Err(Errno::from_raw_os_error(-result as i32)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn word_is_marked_when_its_thread_ends() {
        let life: &LifeWord = std::boxed::Box::leak(std::boxed::Box::default());
        let alive = std::thread::spawn(|| {
            tell_end(life).unwrap();
            !life.is_over() && life.value() != 0
        });
        assert!(alive.join().unwrap());
        // The thread is joined a moment before the kernel has ended it.
        while !life.is_over() {
            std::thread::yield_now();
        }
    }
}
