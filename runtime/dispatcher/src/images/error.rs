//! Why an image is not accepted, not placed or not evicted.

use mote_loader::CounterUse;
use thiserror::Error;

use crate::images::signer::TrustError;

/// Why a node does not take an image that would run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// It is of nobody that the node trusts.
    #[error(transparent)]
    Untrusted(#[from] TrustError),
    /// It reads a counter of the processor, on a node whose tenants are not to measure each other.
    #[error(
        "{0}, which tells what others do, and the tenants of this node do not share workers: do without it, or \
         let all share all workers (sharing `node`)"
    )]
    Counter(CounterUse),
}

/// Why an image was not accepted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeployError {
    /// It is not an image, or not one that may run here.
    #[error("`{name}` is refused: {source}")]
    Refused {
        /// The name that it was deployed under.
        name: String,
        /// What the loader found.
        source: mote_loader::VerifyError,
    },
    /// It would run, but the node does not take it.
    #[error("`{name}` is refused: {source}")]
    NotAdmitted {
        /// The name that it was deployed under.
        name: String,
        /// Why.
        source: AdmissionError,
    },
}

impl DeployError {
    pub(crate) fn not_admitted(name: &str, source: AdmissionError) -> Self {
        Self::NotAdmitted { name: name.to_owned(), source }
    }
}

/// Why a service was not placed, evicted or changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// This node has no such service.
    #[error("service {number} was not deployed on this node, which has {deployed}")]
    UnknownService {
        /// The number inside the identifier.
        number: u32,
        /// How many services this node has.
        deployed: usize,
    },
    /// The service was removed.
    #[error("`{name}` was removed; deploy it again")]
    Removed {
        /// The service.
        name: String,
    },
    /// The service has had one image only.
    #[error("`{name}` has had no other image that it could be rolled back to")]
    NoPrevious {
        /// The service.
        name: String,
    },
    /// The node does not take the image.
    #[error("the image of `{name}` is refused: {source}")]
    NotAdmitted {
        /// The service.
        name: String,
        /// Why.
        source: AdmissionError,
    },
    /// The zone has no room.
    #[error(
        "`{name}` needs {bytes} bytes in each window and cannot be placed: {source}; evict another"
    )]
    Zone {
        /// The service.
        name: String,
        /// What it needs.
        bytes: u32,
        /// What the loader found.
        source: mote_loader::PlaceError,
    },
    /// Invocations of it are outstanding.
    #[error("`{name}` has {outstanding} outstanding invocations; evict it when they have ended")]
    Busy {
        /// The service.
        name: String,
        /// Its jobs that wait or run.
        outstanding: usize,
    },
}
