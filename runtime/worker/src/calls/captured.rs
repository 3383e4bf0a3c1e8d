//! What several host calls need: the service's frame as the crossing captured it, and a discard of a
//! service that handed over what is not its own.

use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, Pending};
use mote_sigctx::unwind::{Frame, ProbeSite};

use crate::host::{Host, lend};
use crate::preempt::raise;

/// The service's frame at the return address of its call.
pub(super) fn frame() -> Frame {
    Frame { registers: Crossing::get().captured(), is_exact: false }
}

/// Whether the service goes on although a raise is pending, because the raise would not get through.
/// One whose call was cut short does not go on.
pub(super) fn must_wait() -> bool {
    Crossing::get().pending() == Pending::RaiseAtCall
        && lend(|host| !host.is_cut_short && !raise::can_unwind(host, frame(), ProbeSite::Known))
}

/// Does `work`, which finds arguments that are not the service's own by `None`: then the service is
/// discarded.
pub(super) fn checked<R>(work: impl FnOnce(&mut Host) -> Option<R>) -> R {
    lend(work).unwrap_or_else(|| raise::discard(Outcome::Fault))
}
