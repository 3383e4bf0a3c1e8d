//! What this process may decide about speculation.
//!
//! Source: prctl(2).

use mote_abi::lockdown::speculation::{self, Control};

/// What it may decide about the kind of speculation with this number.
pub(crate) fn control(kind: usize) -> Control {
    // SAFETY: the kernel reads and writes no memory of this process for this call.
    let answer = unsafe { libc::prctl(speculation::GET as i32, kind, 0, 0, 0) };
    Control::of(answer as isize)
}
