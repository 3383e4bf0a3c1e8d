//! Which signals are blocked, and what they do in a child. Source: sigprocmask(2), signal(7).

use std::mem::MaybeUninit;

/// Blocks every signal of this thread until it is dropped: no handler may run in who borrows its memory.
pub(super) struct SignalMask(libc::sigset_t);

impl SignalMask {
    pub(super) fn block_all() -> Self {
        Self(set_mask(&all_signals()))
    }
}

impl Drop for SignalMask {
    fn drop(&mut self) {
        set_mask(&self.0);
    }
}

/// Sets the mask of blocked signals. The one before.
fn set_mask(mask: &libc::sigset_t) -> libc::sigset_t {
    let mut before = no_signals();
    // SAFETY: both are initialised sets; the call does not fail for this way of setting.
    unsafe { libc::sigprocmask(libc::SIG_SETMASK, mask, &raw mut before) };
    before
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

/// All signals get their default action, and none stays blocked, whatever this process does.
pub(super) fn reset_signals() {
    for signal in 1..=libc::SIGRTMAX() {
        // SAFETY: `SIG_DFL` runs no code; the child has its own table of handlers. What cannot be set
        // (SIGKILL, SIGSTOP) has its default already.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    set_mask(&no_signals());
}
