//! Why a request was answered without an invocation.

use mote_dispatcher::{JobError, SubmitError};
use thiserror::Error;

use crate::access::AccessError;
use crate::door::NotRun;
use crate::events::EventError;
use crate::events::index::NotChanged;
use crate::events::record::NoTarget;
use crate::functions::name::{NameError, Target};
use crate::functions::variables::VariableError;
use crate::http::body::BodyError;
use crate::metrics::Refused;
use crate::package::PackageError;
use crate::registry::Unresolved;
use crate::registry::error::ChangeError;

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
    Access(AccessError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    NotRun(#[from] NotRun),
    #[error("the header {name} is `{found}`; it must be {allowed}")]
    Header { name: &'static str, found: String, allowed: &'static str },
    #[error("there is nothing at {method} {path}")]
    NoRoute { method: String, path: String },
    #[error(
        "functions are not managed through this address: set `manage = true`, or use the admin socket"
    )]
    Unmanaged,
    #[error("the request's body is not what it must be: {0}")]
    Json(#[from] serde_json::Error),
    #[error("Code.ZipFile is missing: this node takes code in no other way")]
    NoPackage,
    #[error("Code.ZipFile is not base64: {0}")]
    Base64(base64::DecodeError),
    #[error("only a version can be deleted by itself: give its number")]
    NotAVersion,
    #[error("CodeSha256 is not that of the last state: somebody else changed it; look again")]
    OtherCode,
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error(transparent)]
    Variable(#[from] VariableError),
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    NoTarget(#[from] NoTarget),
    #[error(transparent)]
    Event(#[from] EventError),
}

impl From<Unresolved> for Refusal {
    fn from(unresolved: Unresolved) -> Self {
        match unresolved {
            Unresolved::Unknown { arn } => Self::Unknown { arn },
            Unresolved::Stale { name } => Self::Stale { name },
        }
    }
}

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Body(error) => Self::Body(error),
            error => Self::Access(error),
        }
    }
}

impl Refusal {
    /// That there is nothing that `target` means.
    pub(crate) fn unknown(target: &Target) -> Self {
        Unresolved::unknown(target).into()
    }

    /// What kind of refusal it is; each way in has a status for each kind.
    pub(crate) fn kind(&self) -> Refused {
        match self {
            Self::Name(_)
            | Self::Header { .. }
            | Self::Json(_)
            | Self::NoPackage
            | Self::Base64(_)
            | Self::NotAVersion
            | Self::Package(_)
            | Self::Variable(_) => Refused::BadRequest,
            Self::Unmanaged => Refused::Denied,
            Self::Access(_) => Refused::Unidentified,
            Self::OtherCode => Refused::Outdated,
            Self::Change(error) => change_kind(error),
            Self::Unknown { .. } | Self::NoRoute { .. } => Refused::Unknown,
            Self::Body(BodyError::TooLong { .. }) => Refused::TooLong,
            Self::Body(BodyError::TooSlow { .. }) => Refused::TooSlow,
            Self::Body(BodyError::NoMemory) => Refused::Overload,
            Self::Body(BodyError::Broken(_)) => Refused::BadRequest,
            Self::NotRun(error) => not_run_kind(error),
            Self::Stale { .. } => Refused::Unavailable,
            Self::NoTarget(_) => Refused::Unknown,
            Self::Event(error) => event_kind(error),
        }
    }
}

fn event_kind(error: &EventError) -> Refused {
    match error {
        EventError::NoRoom(_) => Refused::Overload,
        EventError::Disk { .. } => Refused::Storage,
        EventError::NotChanged(NotChanged::Unknown { .. }) => Refused::Unknown,
        EventError::NotChanged(NotChanged::Running { .. }) => Refused::Conflict,
    }
}

fn change_kind(error: &ChangeError) -> Refused {
    match error {
        ChangeError::Name(_) | ChangeError::Image(_) => Refused::BadRequest,
        ChangeError::Unknown { .. }
        | ChangeError::NoVersion { .. }
        | ChangeError::NoState { .. } => Refused::Unknown,
        ChangeError::TooMany { .. } => Refused::Denied,
        ChangeError::Exists { .. } | ChangeError::InUse { .. } => Refused::Conflict,
        ChangeError::Revision { .. } => Refused::Outdated,
        ChangeError::Store(_) => Refused::Unavailable,
    }
}

fn not_run_kind(error: &NotRun) -> Refused {
    match error {
        NotRun::Expired { .. }
        | NotRun::Refused(SubmitError::QueueFull { .. } | SubmitError::MailboxFull { .. }) => {
            Refused::Overload
        }
        NotRun::Refused(SubmitError::Banned { .. }) => Refused::Denied,
        NotRun::Refused(SubmitError::Job(JobError::BodyTooLong { .. })) => Refused::TooLong,
        NotRun::Refused(_) => Refused::Unavailable,
    }
}
