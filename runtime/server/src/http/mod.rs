//! Requests and replies: bodies with limits, and the forms that replies have.

pub(crate) mod body;
pub(crate) mod query;
pub(crate) mod reply;

use std::time::Duration;

/// How long to wait when the system has no descriptor left for a connection.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
