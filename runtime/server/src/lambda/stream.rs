//! The action InvokeWithResponseStream: the response as events. A service's response is there as a whole
//! when it ends, so its events come together.

use bytes::BytesMut;
use hyper::header::HeaderValue;
use hyper::{Request, StatusCode};
use mote_dispatcher::Outcome;
use serde::Serialize;
use uuid::Uuid;

use super::event_stream::{self, put};
use super::invoke::{Asked, FunctionError, InvocationType, dry_run, log_result};
use crate::app::refusal::Refusal;
use crate::app::{Answer, App};
use crate::functions::tenant::Tenant;
use crate::http::body::Arriving;
use crate::http::reply::{self, Reply};

/// The most of a response that one event has, in bytes.
const CHUNK_BYTES: usize = 64 << 10;

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct InvokeComplete {
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_details: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_result: Option<String>,
}

/// Answers an InvokeWithResponseStream of `function`.
pub(super) async fn serve(
    app: &App,
    id: Uuid,
    tenant: &Tenant,
    function: &str,
    request: Request<Arriving>,
) -> Result<Reply, Refusal> {
    let asked = Asked::read(tenant, function, &request)?;
    let version = app.registry.resolve(&asked.target)?.version;
    match asked.kind {
        InvocationType::Event => {
            return Err(Refusal::Header {
                name: "X-Amz-Invocation-Type",
                found: "Event".to_owned(),
                allowed: "RequestResponse or DryRun",
            });
        }
        InvocationType::DryRun => return Ok(dry_run(&version)),
        InvocationType::RequestResponse => {}
    }
    let answer = asked.run(app, id, request).await?;
    let events = events(id, &answer, asked.wants_log)?;
    let kind = HeaderValue::from_static(event_stream::CONTENT_TYPE);
    let mut reply = reply::bytes(StatusCode::OK, kind, events.freeze());
    reply::set(&mut reply, "x-amz-executed-version", &answer.version);
    Ok(reply)
}

fn events(id: Uuid, answer: &Answer, wants_log: bool) -> Result<BytesMut, Refusal> {
    let mut events = BytesMut::new();
    for chunk in answer.completed.body.chunks(CHUNK_BYTES) {
        put(&mut events, "PayloadChunk", "application/octet-stream", chunk);
    }
    let mut complete = InvokeComplete::default();
    if answer.completed.outcome != Outcome::Ok {
        let error = FunctionError::of(id, answer.completed.outcome, &answer.message);
        complete.error_code = Some("Unhandled");
        complete.error_details = Some(serde_json::to_string(&error)?);
    }
    if wants_log {
        complete.log_result = Some(log_result(id, &answer.version, &answer.completed));
    }
    put(&mut events, "InvokeComplete", "application/json", &serde_json::to_vec(&complete)?);
    Ok(events)
}
