//! What plain HTTP clients get instead of a body: a status and an object that says what to do.

use hyper::StatusCode;
use mote_dispatcher::Outcome;
use serde::Serialize;

use crate::app::refusal::Refusal;
use crate::http::reply::{self, Reply};
use crate::metrics::Refused;

/// When to try again after an overload, in seconds.
const RETRY_AFTER_S: &str = "1";

#[derive(Debug, Serialize)]
struct ErrorObject<'a> {
    /// A word for programs.
    error: &'a str,
    /// What happened, for people.
    message: &'a str,
    /// What to do about it.
    hint: &'a str,
}

/// The reply to a request that was refused.
pub(super) fn refused(refusal: &Refusal) -> Reply {
    let (status, error, hint) = match refusal.kind() {
        Refused::BadRequest => (StatusCode::BAD_REQUEST, "bad_request", "mend the request"),
        Refused::Unknown => {
            (StatusCode::NOT_FOUND, "not_found", "POST /invoke/NAME, where `mote list` has NAME")
        }
        Refused::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "too_long", "send a shorter body"),
        Refused::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too_slow", "send the body faster"),
        Refused::Overload => (StatusCode::TOO_MANY_REQUESTS, "overload", "try again later"),
        Refused::Denied => (StatusCode::FORBIDDEN, "denied", "deploy a version that yields"),
        Refused::Unidentified => {
            (StatusCode::UNAUTHORIZED, "unidentified", "`mote access grant` makes keys")
        }
        Refused::Conflict | Refused::Outdated => {
            (StatusCode::CONFLICT, "conflict", "look at what is there now")
        }
        Refused::Storage => (
            StatusCode::INSUFFICIENT_STORAGE,
            "insufficient_storage",
            "try again later; the operator makes room on the disk",
        ),
        Refused::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "ask the node's operator")
        }
    };
    let mut reply = object(status, error, &refusal.to_string(), hint);
    if status == StatusCode::UNAUTHORIZED {
        reply::set(&mut reply, "www-authenticate", "Bearer");
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        reply::set(&mut reply, "retry-after", RETRY_AFTER_S);
    }
    reply
}

/// The reply to a request whose invocation did not end well.
pub(super) fn failed(outcome: Outcome, message: &str) -> Reply {
    let (status, hint) = match outcome {
        Outcome::OverBudget => {
            (StatusCode::GATEWAY_TIMEOUT, "give the function a greater budget, or less to do")
        }
        Outcome::OverMemory => {
            (StatusCode::BAD_GATEWAY, "give the function more memory, or less to do")
        }
        _ => (StatusCode::BAD_GATEWAY, "see the function's log"),
    };
    object(status, outcome.name(), message, hint)
}

fn object(status: StatusCode, error: &str, message: &str, hint: &str) -> Reply {
    reply::json(status, &ErrorObject { error, message, hint })
}
