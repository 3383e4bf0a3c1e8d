//! Whether this process was started without a standard output.
//!
//! Before `main`, the standard library opens /dev/null in the place of each closed standard descriptor, so
//! that no other file gets its number. What is written there is lost and no write fails. So a function of
//! `.init_array`, which the C library calls earlier, has a look.
//! Spec: System V gABI, "Initialization and Termination Functions"; fcntl(2).

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static IS_STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

// SAFETY: the section holds addresses of functions, and this is one that may be called with the
// arguments that the C library has for it. It needs nothing that is set up later.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = note_closed;

extern "C" fn note_closed() {
    // SAFETY: asks for the flags of a descriptor and changes nothing.
    let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
    IS_STDOUT_CLOSED.store(flags == -1, Relaxed);
}

/// Refuses to write where there is no standard output.
///
/// # Errors
/// There is none.
pub(crate) fn check_stdout() -> Result<(), Closed> {
    if IS_STDOUT_CLOSED.load(Relaxed) { Err(Closed) } else { Ok(()) }
}

/// There is no standard output.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("this program was started with its standard output closed")]
pub(crate) struct Closed;
