//! What is wrong with a key that signs images.

use std::io;
use std::path::PathBuf;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Nothing says where keys are.
    #[error("there is no place for keys: set XDG_CONFIG_HOME or HOME to an absolute path")]
    NoFolder,
    /// The name cannot be a file's.
    #[error("`{name}` is no name of a key: letters, digits, `-`, `_` and `.` make one")]
    Name {
        /// The name.
        name: String,
    },
    /// A key is not replaced: what it signed would not be trusted any more.
    #[error("there is a key {} already: choose another name", path.display())]
    Exists {
        /// Its file.
        path: PathBuf,
    },
    /// There is no randomness.
    #[error("cannot read /dev/urandom: {error}")]
    Random {
        /// Why.
        error: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the key {}: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file cannot be read.
    #[error("cannot read the key {}: {error} (mote keys new makes one)", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others may read the secret.
    #[error("the key {} has the mode {mode:o}, so that others may use it: chmod 600, or make another", path.display())]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The file holds something else.
    #[error("{} holds no key: that is 64 hexadecimal digits", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
}
