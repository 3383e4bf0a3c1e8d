//! Why an image is not accepted, not placed or not evicted.

use thiserror::Error;

use crate::images::signer::TrustError;

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
    /// Its signature is wrong, or of nobody that the node trusts.
    #[error("`{name}` is refused: {source}")]
    Untrusted {
        /// The name that it was deployed under.
        name: String,
        /// Why.
        source: TrustError,
    },
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
    /// The image is of nobody that the node trusts.
    #[error("the image of `{name}` is refused: {source}")]
    Untrusted {
        /// The service.
        name: String,
        /// Why.
        source: TrustError,
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
