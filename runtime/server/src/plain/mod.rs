//! Plain HTTP: `POST /invoke/NAME`, and what operators and load balancers ask for.

mod error;

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode};
use mote_dispatcher::Outcome;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::refusal::Refusal;
use crate::app::{Answer, App};
use crate::functions::name::Target;
use crate::http::body;
use crate::http::reply::{self, Reply};
use crate::metrics;
use crate::metrics::function::billed_us;

/// What a response is when its request did not say what it was.
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

const NS_PER_MS: f64 = 1e6;

/// What the client of an event gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Its identifier.
    pub event: Uuid,
}

/// Answers a request whose path is none of Lambda's.
pub(crate) async fn serve(app: &App, id: Uuid, request: Request<Incoming>) -> Reply {
    let result = act(app, id, request).await;
    told(app, id, result)
}

async fn act(app: &App, id: Uuid, request: Request<Incoming>) -> Result<Reply, Refusal> {
    let path = request.uri().path();
    if let Some(name) = path.strip_prefix("/invoke/")
        && request.method() == Method::POST
    {
        let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
        return invoke(app, id, &name, request).await;
    }
    if let Some(name) = path.strip_prefix("/events/")
        && request.method() == Method::POST
    {
        let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
        return submit(app, id, &name, request).await;
    }
    match (request.method(), path) {
        (&Method::GET, "/healthz" | "/readyz") => Ok(reply::empty(StatusCode::OK)),
        (&Method::GET, "/metrics") => Ok(reply::bytes(
            StatusCode::OK,
            HeaderValue::from_static(metrics::CONTENT_TYPE),
            app.metrics_text().await.into(),
        )),
        (method, path) => {
            Err(Refusal::NoRoute { method: method.to_string(), path: path.to_owned() })
        }
    }
}

/// Answers a request for the function `name`, whatever its path is.
pub(crate) async fn invoke_named(app: &App, name: &str, request: Request<Incoming>) -> Reply {
    let id = Uuid::new_v4();
    told(app, id, invoke(app, id, name, request).await)
}

/// Keeps a request for the function `name` as an event, whatever its path is.
pub(crate) async fn submit_named(app: &App, name: &str, request: Request<Incoming>) -> Reply {
    let id = Uuid::new_v4();
    told(app, id, submit(app, id, name, request).await)
}

fn told(app: &App, id: Uuid, result: Result<Reply, Refusal>) -> Reply {
    let mut reply = result.unwrap_or_else(|refusal| {
        app.metrics.refused(refusal.kind());
        error::refused(&refusal)
    });
    reply::set(&mut reply, "x-mote-request", &id.to_string());
    reply
}

/// Runs the function that `name` names, with or without a qualifier.
async fn invoke(
    app: &App,
    id: Uuid,
    name: &str,
    request: Request<Incoming>,
) -> Result<Reply, Refusal> {
    let target = Target::parse(name, None)?;
    app.registry.resolve(&target)?;
    let content_type = request.headers().get(CONTENT_TYPE).cloned().unwrap_or(BYTES);
    let body = body::read(request.into_body(), &app.bodies).await?;
    let answer = app.invoke(id, &target, &body).await?;
    Ok(answered(answer, content_type))
}

/// Keeps it as an event for the function that `name` names.
async fn submit(
    app: &App,
    id: Uuid,
    name: &str,
    request: Request<Incoming>,
) -> Result<Reply, Refusal> {
    let target = Target::parse(name, None)?;
    app.registry.resolve(&target)?;
    let body = body::read(request.into_body(), &app.bodies).await?;
    app.submit(id, &target, &body).await?;
    Ok(reply::json(StatusCode::ACCEPTED, &Accepted { event: id }))
}

fn answered(answer: Answer, content_type: HeaderValue) -> Reply {
    let Answer { mut completed, message, queue_ns, .. } = answer;
    let body = std::mem::take(&mut completed.body);
    let mut reply = match completed.outcome {
        Outcome::Ok => reply::bytes(StatusCode::OK, content_type, body.into()),
        outcome => error::failed(outcome, &message),
    };
    let billed_us = billed_us(&completed);
    let queue_ms = queue_ns as f64 / NS_PER_MS;
    let run_ms = billed_us as f64 / 1e3;
    reply::set(&mut reply, "x-mote-outcome", completed.outcome.name());
    reply::set(&mut reply, "x-mote-billed-us", &billed_us.to_string());
    let timing = format!("queue;dur={queue_ms:.3}, run;dur={run_ms:.3}");
    reply::set(&mut reply, "server-timing", &timing);
    reply
}
