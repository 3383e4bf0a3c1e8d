//! The recovery point, as `enter` made it.

use mote_sigctx::arch::Crossing;

/// Words at a recovery point: control words, six registers, the return address.
const SAVED_WORDS: usize = 8;

/// Where a discard returns to, and what `enter` saved there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryPoint {
    rsp: u64,
    saved: [u64; SAVED_WORDS],
}

impl RecoveryPoint {
    /// As it is while service text runs.
    #[must_use]
    pub fn now() -> Self {
        let rsp = Crossing::get().recovery_rsp();
        // SAFETY: service text runs inside `enter`, which saved that many words there.
        let saved = unsafe { (rsp as *const [u64; SAVED_WORDS]).read() };
        Self { rsp, saved }
    }

    /// Whether a discard still returns to it.
    #[must_use]
    pub fn is_there(self) -> bool {
        self.rsp == Crossing::get().recovery_rsp()
    }
}
