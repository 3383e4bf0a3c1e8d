//! Plain HTTP: `POST /invoke/NAME`, and what operators and load balancers ask for.

mod error;

use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode};
use mote_dispatcher::Outcome;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::app::refusal::Refusal;
use crate::app::{Answer, App};
use crate::functions::name::{NameError, Target};
use crate::functions::tenant::Tenant;
use crate::http::body::{self, Arriving};
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

/// Answers a request of `tenant` whose path is none of Lambda's.
pub(crate) async fn serve(
    app: &App,
    id: Uuid,
    tenant: &Tenant,
    request: Request<Arriving>,
) -> Reply {
    told(app, id, act(app, id, tenant, request).await)
}

/// Answers whoever asks whether the node lives.
pub(crate) fn health(method: &Method, path: &str) -> Option<Reply> {
    let is_health = method == Method::GET && matches!(path, "/healthz" | "/readyz");
    is_health.then(|| reply::empty(StatusCode::OK))
}

/// Metrics: everything there is to tell, or what `tenant` may know.
pub(crate) async fn metrics(app: &App, tenant: Option<&Tenant>) -> Reply {
    let kind = HeaderValue::from_static(metrics::CONTENT_TYPE);
    reply::bytes(StatusCode::OK, kind, app.metrics_text(tenant).await.into())
}

async fn act(
    app: &App,
    id: Uuid,
    tenant: &Tenant,
    request: Request<Arriving>,
) -> Result<Reply, Refusal> {
    let path = request.uri().path();
    if let Some(name) = path.strip_prefix("/invoke/")
        && request.method() == Method::POST
    {
        let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
        return invoke(app, id, &Target::parse(tenant, &name, None)?, request).await;
    }
    if let Some(name) = path.strip_prefix("/events/")
        && request.method() == Method::POST
    {
        let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
        return submit(app, id, &Target::parse(tenant, &name, None)?, request).await;
    }
    match (request.method(), path) {
        (&Method::GET, "/metrics") => {
            Ok(metrics(app, app.access.is_asked().then_some(tenant)).await)
        }
        (method, path) => {
            Err(Refusal::NoRoute { method: method.to_string(), path: path.to_owned() })
        }
    }
}

/// Answers a request for what `target` means, whatever its path is.
pub(crate) async fn invoke_target(
    app: &App,
    target: Result<Target, NameError>,
    request: Request<Arriving>,
) -> Reply {
    let id = Uuid::new_v4();
    let result = match target {
        Ok(target) => invoke(app, id, &target, request).await,
        Err(error) => Err(error.into()),
    };
    told(app, id, result)
}

/// Keeps a request for what `target` means as an event, whatever its path is.
pub(crate) async fn submit_target(
    app: &App,
    target: Result<Target, NameError>,
    request: Request<Arriving>,
) -> Reply {
    let id = Uuid::new_v4();
    let result = match target {
        Ok(target) => submit(app, id, &target, request).await,
        Err(error) => Err(error.into()),
    };
    told(app, id, result)
}

/// The reply, whatever became of the request.
pub(crate) fn told(app: &App, id: Uuid, result: Result<Reply, Refusal>) -> Reply {
    let mut reply = result.unwrap_or_else(|refusal| {
        app.metrics.refused(refusal.kind());
        error::refused(&refusal)
    });
    reply::set(&mut reply, "x-mote-request", &id.to_string());
    reply
}

async fn invoke(
    app: &App,
    id: Uuid,
    target: &Target,
    request: Request<Arriving>,
) -> Result<Reply, Refusal> {
    app.registry.resolve(target)?;
    let content_type = request.headers().get(CONTENT_TYPE).cloned().unwrap_or(BYTES);
    let body = body::read(request.into_body(), &app.bodies).await?;
    let answer = app.invoke(id, target, &body).await?;
    Ok(answered(answer, content_type))
}

/// Keeps it as an event for the function that `name` names.
async fn submit(
    app: &App,
    id: Uuid,
    target: &Target,
    request: Request<Arriving>,
) -> Result<Reply, Refusal> {
    app.registry.resolve(target)?;
    let body = body::read(request.into_body(), &app.bodies).await?;
    app.submit(id, target, &body).await?;
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
    let arena_bytes = completed.arena_peak_bytes.to_string();
    reply::set(&mut reply, "x-mote-arena-bytes", &arena_bytes);
    let timing = format!("queue;dur={queue_ms:.3}, run;dur={run_ms:.3}");
    reply::set(&mut reply, "server-timing", &timing);
    reply
}
