//! Why a worker is given up.

use thiserror::Error;

/// How long a worker may take to enter a service that is its next.
pub(crate) const ENTRY_LIMIT_NS: u64 = 5_000_000_000;

/// How long a worker may be kept from answering by somebody else.
pub(crate) const STALL_LIMIT_NS: u64 = 10_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Reason {
    #[error("it did not enter the service within {} s", ENTRY_LIMIT_NS / 1_000_000_000)]
    NeverEntered,
    #[error("it did not stop the service, though signalled since its hard deadline")]
    NeverEnded,
    #[error("it was stopped or had no processor time for {} s", STALL_LIMIT_NS / 1_000_000_000)]
    Stalled,
}
