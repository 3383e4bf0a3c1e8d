//! The action Invoke.
//!
//! A failed outcome is a 200 whose `X-Amz-Function-Error` says so: something ran, and a client must not
//! run it again by itself, as it does after a 500.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Request, StatusCode};
use mote_dispatcher::{Completed, Outcome};
use serde::Serialize;
use uuid::Uuid;

use crate::app::refusal::Refusal;
use crate::app::{Answer, App};
use crate::functions::name::Target;
use crate::functions::tenant::Tenant;
use crate::http::body::{self, Arriving};
use crate::http::query;
use crate::http::reply::{self, Reply};
use crate::metrics::function::billed_us;

/// How much of a log `X-Amz-Log-Result` has, in bytes.
const LOG_TAIL_BYTES: usize = 4 << 10;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a client wants to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

/// What a client gets when a function fails.
/// Spec: AWS Lambda developer guide, "Lambda function errors".
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionError<'a> {
    error_message: &'a str,
    error_type: &'a str,
    request_id: Uuid,
    stack_trace: [&'a str; 0],
}

impl<'a> FunctionError<'a> {
    pub(super) fn of(request_id: Uuid, outcome: Outcome, error_message: &'a str) -> Self {
        Self { error_message, error_type: outcome.name(), request_id, stack_trace: [] }
    }
}

/// What a client asks for, but for the body.
pub(super) struct Asked {
    pub(super) target: Target,
    pub(super) kind: InvocationType,
    pub(super) wants_log: bool,
}

impl Asked {
    /// Reads the head of a request to invoke a function of `tenant`.
    pub(super) fn read(
        tenant: &Tenant,
        function: &str,
        request: &Request<Arriving>,
    ) -> Result<Self, Refusal> {
        let qualifier = query::value(request.uri().query(), "Qualifier");
        Ok(Self {
            target: Target::parse(tenant, function, qualifier.as_deref())?,
            kind: invocation_type(request.headers())?,
            wants_log: wants_log(request.headers())?,
        })
    }

    /// Reads the body, and runs the function with it.
    pub(super) async fn run(
        &self,
        app: &App,
        id: Uuid,
        request: Request<Arriving>,
    ) -> Result<Answer, Refusal> {
        let body = body::read(request.into_body(), &app.bodies).await?;
        app.invoke(id, &self.target, &body).await
    }

    /// Reads the body, and keeps the request as an event.
    async fn submit(
        &self,
        app: &App,
        id: Uuid,
        request: Request<Arriving>,
    ) -> Result<Reply, Refusal> {
        let body = body::read(request.into_body(), &app.bodies).await?;
        app.submit(id, &self.target, &body).await?;
        Ok(reply::empty(StatusCode::ACCEPTED))
    }
}

/// Answers an Invoke of `function`.
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
        InvocationType::Event => asked.submit(app, id, request).await,
        InvocationType::DryRun => Ok(dry_run(&version)),
        InvocationType::RequestResponse => {
            Ok(answered(id, asked.run(app, id, request).await?, asked.wants_log))
        }
    }
}

pub(super) fn dry_run(version: &str) -> Reply {
    let mut reply = reply::empty(StatusCode::NO_CONTENT);
    reply::set(&mut reply, "x-amz-executed-version", version);
    reply
}

fn answered(id: Uuid, answer: Answer, wants_log: bool) -> Reply {
    let Answer { version, mut completed, message, .. } = answer;
    let body = std::mem::take(&mut completed.body);
    let mut reply = match completed.outcome {
        Outcome::Ok => reply::bytes(StatusCode::OK, JSON, body.into()),
        outcome => failed(id, outcome, &message),
    };
    if wants_log {
        reply::set(&mut reply, "x-amz-log-result", &log_result(id, &version, &completed));
    }
    reply::set(&mut reply, "x-amz-executed-version", &version);
    reply
}

fn failed(id: Uuid, outcome: Outcome, message: &str) -> Reply {
    let mut reply = reply::json(StatusCode::OK, &FunctionError::of(id, outcome, message));
    reply::set(&mut reply, "x-amz-function-error", "Unhandled");
    reply
}

/// The end of the log, between the lines that Lambda writes around it.
pub(super) fn log_result(id: Uuid, version: &str, completed: &Completed) -> String {
    let mut log = format!("START RequestId: {id} Version: {version}\n{}", completed.log);
    if !log.ends_with('\n') {
        log.push('\n');
    }
    let billed_us = billed_us(completed);
    let peak_kib = completed.arena_peak_bytes.div_ceil(1024);
    log.push_str(&format!(
        "END RequestId: {id}\nREPORT RequestId: {id}\tOutcome: {}\tBilled Duration: {billed_us} us\t\
         Max Memory Used: {peak_kib} KB\n",
        completed.outcome
    ));
    let tail = &log.as_bytes()[log.len().saturating_sub(LOG_TAIL_BYTES)..];
    BASE64_STANDARD.encode(tail)
}

fn invocation_type(headers: &HeaderMap) -> Result<InvocationType, Refusal> {
    const NAME: &str = "X-Amz-Invocation-Type";
    let allowed = "RequestResponse, Event or DryRun";
    match headers.get(NAME).map(HeaderValue::as_bytes) {
        None | Some(b"RequestResponse") => Ok(InvocationType::RequestResponse),
        Some(b"Event") => Ok(InvocationType::Event),
        Some(b"DryRun") => Ok(InvocationType::DryRun),
        Some(other) => Err(unknown(NAME, other, allowed)),
    }
}

fn wants_log(headers: &HeaderMap) -> Result<bool, Refusal> {
    const NAME: &str = "X-Amz-Log-Type";
    match headers.get(NAME).map(HeaderValue::as_bytes) {
        None | Some(b"None") => Ok(false),
        Some(b"Tail") => Ok(true),
        Some(other) => Err(unknown(NAME, other, "None or Tail")),
    }
}

fn unknown(name: &'static str, found: &[u8], allowed: &'static str) -> Refusal {
    Refusal::Header { name, found: String::from_utf8_lossy(found).into_owned(), allowed }
}
