//! Why a request was answered without an invocation.

use mote_dispatcher::SubmitError;
use thiserror::Error;

use crate::functions::name::NameError;
use crate::http::body::BodyError;
use crate::metrics::Refused;
use crate::registry::Unresolved;

/// Why a request was answered without an invocation.
#[derive(Debug, Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("Function not found: {arn}")]
    Unknown { arn: String },
    #[error("`{name}` was built for another node: build it with this mote, and deploy it again")]
    Stale { name: String },
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Submit(#[from] SubmitError),
    #[error("the header {name} is `{found}`; it must be {allowed}")]
    Header { name: &'static str, found: String, allowed: &'static str },
    #[error("there is nothing at {method} {path}")]
    NoRoute { method: String, path: String },
    #[error("events are not taken: this node cannot keep them; invoke with RequestResponse")]
    NoEvents,
}

impl From<Unresolved> for Refusal {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::Unknown { arn } => Self::Unknown { arn },
            Unresolved::Stale { name } => Self::Stale { name },
        }
    }
}

impl Refusal {
    /// What kind of refusal it is; each way in has a status for each kind.
    pub(crate) fn kind(&self) -> Refused {
        match self {
            Self::Name(_) | Self::Header { .. } | Self::NoEvents => Refused::BadRequest,
            Self::Unknown { .. } | Self::NoRoute { .. } => Refused::Unknown,
            Self::Body(BodyError::TooLong { .. }) => Refused::TooLong,
            Self::Body(BodyError::TooSlow { .. }) => Refused::TooSlow,
            Self::Body(BodyError::NoMemory) => Refused::Overload,
            Self::Body(BodyError::Broken(_)) => Refused::BadRequest,
            Self::Submit(error) => submit_kind(error),
            Self::Stale { .. } => Refused::Unavailable,
        }
    }
}

fn submit_kind(error: &SubmitError) -> Refused {
    match error {
        SubmitError::QueueFull { .. } => Refused::Overload,
        SubmitError::Banned { .. } => Refused::Banned,
        SubmitError::BodyTooLong { .. } => Refused::TooLong,
        _ => Refused::Unavailable,
    }
}
