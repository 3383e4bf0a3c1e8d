//! What a [`Zone`](crate::Zone) cannot do.
#![forbid(unsafe_code)]

use rustix::io::Errno;

/// Why an image was not placed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// No free part of the windows is large enough.
    #[error("no slot of {bytes} bytes is free ({free_bytes} bytes are, in all): evict a service")]
    Full {
        /// What the image needs in each window.
        bytes: u32,
        /// What is free, perhaps in pieces.
        free_bytes: u32,
    },
}

/// Why a zone was not created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneError {
    /// The kernel refused.
    #[error("{call} failed for the window {window}: {errno} (see errno(3))")]
    Kernel {
        /// The window's name.
        window: &'static str,
        /// The system call.
        call: &'static str,
        /// What it said.
        errno: Errno,
    },
}

impl ZoneError {
    pub(crate) fn new(window: &'static str, call: &'static str, errno: Errno) -> Self {
        Self::Kernel { window, call, errno }
    }
}
