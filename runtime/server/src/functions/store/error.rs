//! Why the store does not open, or does not take or give something.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why the store does not open, or does not take or give something.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another node has it.
    #[error("another node keeps its functions in {}: stop it, or choose another `state`", folder.display())]
    InUse {
        /// The state folder.
        folder: PathBuf,
    },
    /// A file or folder cannot be used.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The embedded store failed.
    #[error("the store of functions failed: {0}")]
    Database(#[from] Box<redb::Error>),
    /// A record is not one.
    #[error("what is kept of `{name}` cannot be read: {source}")]
    Record {
        /// The function.
        name: String,
        /// What is wrong.
        source: serde_json::Error,
    },
}

pub(super) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::File { doing, path, source }
}

pub(super) fn database(error: impl Into<redb::Error>) -> StoreError {
    StoreError::Database(Box::new(error.into()))
}
