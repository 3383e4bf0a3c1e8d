//! What a worker says of its next job: believed only if it can be. Pure.

use mote_abi::message::Completion;

use crate::pool::outstanding::Outstanding;
use crate::pool::pause::PauseHistory;
use crate::pool::report::{self, ProtocolViolation, Report};
use crate::pool::slices::Slices;

/// What a completion says, checked.
pub(super) enum Checked {
    Ended(Report),
    Paused(PauseHistory),
    Waits { history: PauseHistory, call_bytes: usize },
}

impl Checked {
    /// What `completion` of `next` says, while those `behind` it are in the ring and others are paused in `slices`.
    pub(super) fn new<'a>(
        completion: &Completion,
        next: &Outstanding,
        behind: impl Iterator<Item = &'a Outstanding>,
        slices: &Slices,
        now_ns: u64,
    ) -> Result<Self, ProtocolViolation> {
        if completion.paused == 0 {
            return Report::check(completion, next.published_ns, now_ns).map(Self::Ended);
        }
        let history = slices.check(completion, next, behind, now_ns)?;
        Ok(match report::body_bytes(completion)? {
            0 => Self::Paused(history),
            call_bytes => Self::Waits { history, call_bytes },
        })
    }
}
