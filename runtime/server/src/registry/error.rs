//! Why functions are as they were.

use std::fmt;

use mote_dispatcher::DeployError;
use thiserror::Error;

use crate::functions::name::NameError;
use crate::functions::store::StoreError;

/// Why functions are as they were.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// It may not be called so.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The node does not take the image.
    #[error(transparent)]
    Image(#[from] DeployError),
    /// It cannot be made durable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tenant has as many as it may have.
    #[error("`{tenant}` has {limit} functions, which is its limit: remove one first")]
    TooMany {
        /// The tenant.
        tenant: String,
        /// How many it may have.
        limit: usize,
    },
    /// There is no such function.
    #[error("there is no function `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// There is no such version to go back to.
    #[error("`{name}` has no version to go back to; its versions are {versions}")]
    NoVersion {
        /// The function.
        name: String,
        /// The numbers of its versions.
        versions: Numbers,
    },
    /// There is no version or alias of that name.
    #[error("`{name}` has no version or alias `{qualifier}`")]
    NoState {
        /// The function.
        name: String,
        /// What was asked for.
        qualifier: String,
    },
    /// There is one of that name.
    #[error("{what} `{name}` exists already")]
    Exists {
        /// A function or an alias.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// An alias points to the version that is to go.
    #[error("alias `{alias}` points to version {version}: let it point to another first")]
    InUse {
        /// The alias.
        alias: String,
        /// The version.
        version: u32,
    },
    /// It was changed since the client looked.
    #[error("the revision is {found} and not {expected}: somebody else changed it; look again")]
    Revision {
        /// What it is.
        found: String,
        /// What the client said it was.
        expected: String,
    },
}

/// Numbers, told one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers(pub Vec<u32>);

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&numbers.join(", "))
    }
}
