//! Refusals as Lambda's clients know them: a status, a type in `x-amzn-errortype`, and an object.
//!
//! Clients retry 429 and 500 to 504, so these are for requests of which nothing ran.

use hyper::StatusCode;
use serde::Serialize;

use crate::access::AccessError;
use crate::app::refusal::Refusal;
use crate::http::reply::{self, Reply};
use crate::metrics::Refused;

/// When to try again after an overload, in milliseconds: queues here are milliseconds long.
const RETRY_AFTER_MS: &str = "100";

/// The same in seconds, which is the unit of the standard header.
const RETRY_AFTER_S: &str = "1";

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorObject<'a> {
    r#type: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// One of the errors that Lambda's API documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    status: StatusCode,
    name: &'static str,
    reason: Option<&'static str>,
}

impl Shape {
    fn of(refusal: &Refusal) -> Self {
        let (status, name) = match refusal.kind() {
            Refused::BadRequest => (StatusCode::BAD_REQUEST, "InvalidParameterValueException"),
            Refused::Unknown => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
            Refused::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException"),
            Refused::TooSlow => (StatusCode::BAD_REQUEST, "InvalidRequestContentException"),
            Refused::Overload => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
            Refused::Conflict => (StatusCode::CONFLICT, "ResourceConflictException"),
            Refused::Outdated => (StatusCode::PRECONDITION_FAILED, "PreconditionFailedException"),
            Refused::Denied => (StatusCode::FORBIDDEN, "AccessDeniedException"),
            Refused::Unidentified => (StatusCode::FORBIDDEN, access_name(refusal)),
            Refused::Unavailable | Refused::Storage => {
                (StatusCode::INTERNAL_SERVER_ERROR, "ServiceException")
            }
        };
        let is_overload = refusal.kind() == Refused::Overload;
        Self { status, name, reason: is_overload.then_some("ConcurrentInvocationLimitExceeded") }
    }
}

/// What Lambda's clients call it when nobody answers for a request.
/// Spec: AWS general reference, "Common errors".
fn access_name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Access(AccessError::Nobody) => "MissingAuthenticationTokenException",
        Refusal::Access(AccessError::Malformed) => "IncompleteSignatureException",
        Refusal::Access(AccessError::Signature(_) | AccessError::Service { .. }) => {
            "InvalidSignatureException"
        }
        _ => "UnrecognizedClientException",
    }
}

/// The reply to a request that was refused.
pub(crate) fn reply(refusal: &Refusal) -> Reply {
    let shape = Shape::of(refusal);
    let r#type = if shape.status.is_server_error() { "Service" } else { "User" };
    let message = &*refusal.to_string();
    let object = ErrorObject { r#type, message, reason: shape.reason };
    let mut reply = reply::json(shape.status, &object);
    reply::set(&mut reply, "x-amzn-errortype", shape.name);
    if shape.reason.is_some() {
        reply::set(&mut reply, "retry-after", RETRY_AFTER_S);
        reply::set(&mut reply, "x-amz-retry-after", RETRY_AFTER_MS);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use mote_dispatcher::{Ban, SubmitError};

    use crate::door::NotRun;

    #[test]
    fn unknown_function_is_told_as_lambda_does() {
        let reply = reply(&Refusal::Unknown { arn: "arn:x".to_owned() });
        assert_eq!(reply.status(), 404);
        assert_eq!(reply.headers()["x-amzn-errortype"], "ResourceNotFoundException");
        assert_eq!(reply.headers()["content-type"], "application/json");
    }

    #[test]
    fn overload_says_when_to_try_again() {
        let reply = reply(&NotRun::Expired { waited_ms: 1 }.into());
        assert_eq!(reply.status(), 429);
        assert_eq!(reply.headers()["x-amzn-errortype"], "TooManyRequestsException");
        assert_eq!(reply.headers()["retry-after"], "1");
        assert_eq!(reply.headers()["x-amz-retry-after"], "100");
    }

    #[test]
    fn ban_is_not_retried_by_clients() {
        let banned = SubmitError::Banned { name: "f".to_owned(), ban: Ban::Operator };
        assert_eq!(reply(&NotRun::Refused(banned).into()).status(), 403);
    }
}
