//! Why a call to an upstream has no reply.

use core::fmt;

/// Why an upstream gave no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpstreamError {
    /// It took too long.
    Timeout,
    /// The backend does not take the request.
    Refused,
    /// The request or the reply is too long.
    TooLarge,
    /// Too many calls are under way.
    Busy,
    /// There is no upstream of that name for this service.
    NotGranted,
    /// The backend, or the way to it, is gone. It may have obeyed the request.
    Gone,
}

impl UpstreamError {
    /// The error of a status that is not 0. What is not known counts as gone.
    pub(crate) fn from_status(status: u8) -> Self {
        match status {
            1 => Self::Timeout,
            2 => Self::Refused,
            3 => Self::TooLarge,
            4 => Self::Busy,
            5 => Self::NotGranted,
            _ => Self::Gone,
        }
    }

    /// The status that stands for it.
    #[cfg(not(mote_image))]
    pub(crate) fn status(self) -> u8 {
        let is_it = |&status: &u8| Self::from_status(status) == self;
        (1..=u8::MAX).find(is_it).unwrap_or(u8::MAX)
    }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Timeout => "the upstream did not reply in time",
            Self::Refused => "the upstream refused the request",
            Self::TooLarge => "the request or the reply is too long",
            Self::Busy => "too many calls to upstreams are under way",
            Self::NotGranted => "no upstream of that name is granted to this service",
            Self::Gone => "the upstream is gone",
        })
    }
}

impl core::error::Error for UpstreamError {}
