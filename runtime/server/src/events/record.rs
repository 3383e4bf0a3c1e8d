//! What is known of an event beside its body.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::functions::name::{NameError, Target};
use crate::functions::tenant::Tenants;

/// The most that is kept of a failure's message, in bytes.
const MESSAGE_BYTES: usize = 4 << 10;

/// One event, but for its identifier and its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The function that it is for, as `TENANT/NAME` if its tenant is not the default one.
    pub(crate) function: String,
    /// Which state of it: what that means is looked up when it runs.
    pub(crate) qualifier: Option<String>,
    /// When it arrived, in milliseconds since 1970.
    pub(crate) accepted_ms: u64,
    pub(crate) body_bytes: u64,
    /// How often it failed.
    pub(crate) tries: u32,
    pub(crate) state: State,
    /// How it failed last.
    pub(crate) failure: Option<Failure>,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    /// It runs when it is due, in milliseconds since 1970.
    Waiting { due_ms: u64 },
    /// It does not run until an operator says so.
    Parked,
}

/// How an event failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The outcome of its invocation, or `refused` if there was none.
    pub outcome: String,
    /// What went wrong.
    pub message: String,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// Why an event is for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum NoTarget {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("there is no tenant `{name}` any more")]
    Tenant { name: String },
}

impl Record {
    /// An event for `target` that arrives now.
    pub(crate) fn new(target: &Target, body_bytes: usize, now_ms: u64) -> Self {
        Self {
            function: target.function.to_string(),
            qualifier: target.qualifier.as_ref().map(ToString::to_string),
            accepted_ms: now_ms,
            body_bytes: body_bytes as u64,
            tries: 0,
            state: State::Waiting { due_ms: now_ms },
            failure: None,
        }
    }

    /// What it is for.
    pub(crate) fn target(&self, tenants: &Tenants) -> Result<Target, NoTarget> {
        let unknown = |name: &str| NoTarget::Tenant { name: name.to_owned() };
        let (tenant, name) = tenants.of_text(&self.function).map_err(unknown)?;
        Ok(Target::parse(tenant, name, self.qualifier.as_deref())?)
    }
}

impl Failure {
    /// A failure at `at_ms`, whose message is cut where it is long.
    pub(crate) fn new(outcome: &str, message: &str, at_ms: u64) -> Self {
        let message = &message[..message.floor_char_boundary(MESSAGE_BYTES)];
        Self { outcome: outcome.to_owned(), message: message.to_owned(), at_ms }
    }
}
