//! Why a sweep is not to be had.

use crate::images::error::{DeployError, PlaceError};
use crate::node::error::NodeError;
use crate::pool::process::Death;
use crate::pool::start::{self, LastWords};

/// Why a sweep is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// An image is refused.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// There is no room for an image.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The machine or the executable lacks something.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The worker ended before the first injection.
    #[error("the torture worker did not begin: {death}, {progress}{last_words}")]
    NotBegun {
        /// How it ended.
        death: Death,
        /// How far it had come.
        progress: start::Progress,
        /// What it said.
        last_words: LastWords,
    },
    /// The worker itself, and not an injected copy of it, ended otherwise than with its work.
    #[error("the torture worker broke down after {points} injections: {death}{last_words}")]
    Broken {
        /// Records that it completed.
        points: u64,
        /// How it ended.
        death: Death,
        /// What it said.
        last_words: LastWords,
    },
}
