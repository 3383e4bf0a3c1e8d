//! The requests of the admin socket.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use mote_dispatcher::{self as node, ServiceStatistics};
use percent_encoding::percent_decode_str;
use thiserror::Error;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::views::{ErrorView, FunctionView, StatsView, VersionView};
use super::{events, follow, keys};
use crate::access::keys::KeyError;
use crate::app::App;
use crate::config::settings::{self, Settings};
use crate::events::EventError;
use crate::events::index::NotChanged;
use crate::functions::name::{FunctionId, Target};
use crate::functions::tenant::Tenant;
use crate::http::body::{self, Arriving, Body, BodyError, BodyLimits};
use crate::http::query;
use crate::http::reply::{self, Reply};
use crate::plain;
use crate::registry::Deployed;
use crate::registry::deploy::Release;
use crate::registry::error::ChangeError;

/// The longest image that is taken, in bytes.
const IMAGE_BYTES: usize = 64 << 20;

/// A reply that is there as a whole, or lines as they come.
pub(super) type AdminReply = Response<Either<Full<Bytes>, Channel<Bytes>>>;

/// Why a request was not fulfilled.
#[derive(Debug, Error)]
enum Failure {
    #[error("there is nothing at {method} {path}")]
    NoRoute { method: Method, path: String },
    #[error("these settings cannot be: {0}")]
    Settings(#[from] serde_json::Error),
    #[error("`{found}` is not the number of a version")]
    Version { found: String },
    #[error("`{found}` is not the identifier of an event")]
    EventId { found: String },
    #[error(transparent)]
    Event(#[from] EventError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Change(#[from] ChangeError),
    #[error(transparent)]
    Node(#[from] node::ChangeError),
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute { .. }
            | Self::Change(ChangeError::Unknown { .. })
            | Self::Key(KeyError::Tenant { .. } | KeyError::Unknown { .. }) => {
                StatusCode::NOT_FOUND
            }
            Self::Change(ChangeError::NoVersion { .. }) | Self::Node(_) => StatusCode::CONFLICT,
            Self::Change(ChangeError::Store(_)) | Self::Key(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Body(BodyError::TooLong { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Event(EventError::NotChanged(NotChanged::Unknown { .. })) => {
                StatusCode::NOT_FOUND
            }
            Self::Event(EventError::Disk { .. }) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Event(_) => StatusCode::CONFLICT,
            Self::Settings(_)
            | Self::Version { .. }
            | Self::EventId { .. }
            | Self::Body(_)
            | Self::Change(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// Answers the operator with the number `uid`.
pub(super) async fn serve(app: &Arc<App>, uid: u32, request: Request<Incoming>) -> AdminReply {
    if request.method() == Method::GET && request.uri().path() == "/v1/logs" {
        return logs(app, request.uri().query()).map(Either::Right);
    }
    whole(app, uid, request).await.map(Either::Left)
}

async fn whole(app: &App, uid: u32, request: Request<Incoming>) -> Reply {
    let asked = format!("{} {}", request.method(), request.uri().path());
    let reply = act(app, request).await.unwrap_or_else(|failure| {
        reply::json(failure.status(), &ErrorView { error: failure.to_string() })
    });
    tracing::info!(uid, status = reply.status().as_u16(), "{asked}");
    reply
}

async fn act(app: &App, request: Request<Incoming>) -> Result<Reply, Failure> {
    let path = request.uri().path().to_owned();
    let segments: Vec<_> = path.split('/').skip(1).map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(|segment| &**segment).collect();
    match (request.method(), &*segments) {
        (&Method::GET, ["v1", "functions"]) => Ok(list(app, FunctionView::of).await),
        (&Method::GET, ["v1", "stats"]) => Ok(list(app, StatsView::of).await),
        (&Method::GET, ["v1", "metrics"]) => Ok(plain::metrics(app, None).await),
        (&Method::GET, ["v1", "keys"]) => Ok(keys::list(app)),
        (&Method::POST, ["v1", "keys", tenant]) => Ok(keys::grant(app, tenant)?),
        (&Method::DELETE, ["v1", "keys", id]) => Ok(keys::revoke(app, id)?),
        (&Method::PUT, ["v1", "functions", name]) => deploy(app, name, request).await,
        (&Method::DELETE, ["v1", "functions", name]) => remove(app, name).await,
        (&Method::PUT, ["v1", "functions", name, "ban"]) => set_banned(app, name, true).await,
        (&Method::DELETE, ["v1", "functions", name, "ban"]) => set_banned(app, name, false).await,
        (&Method::POST, ["v1", "functions", name, "rollback"]) => {
            roll_back(app, name, request.uri().query()).await
        }
        (&Method::POST, ["v1", "functions", name, "invoke"]) => {
            let (tenant, name) = named(app, name)?;
            let target = Target::parse(tenant, name, None);
            Ok(plain::invoke_target(app, target, request.map(Arriving::Stream)).await)
        }
        (&Method::POST, ["v1", "functions", name, "events"]) => {
            let (tenant, name) = named(app, name)?;
            let target = Target::parse(tenant, name, None);
            Ok(plain::submit_target(app, target, request.map(Arriving::Stream)).await)
        }
        (&Method::GET, ["v1", "events"]) => Ok(events::list(app, request.uri().query())),
        (&Method::GET, ["v1", "events", id]) => Ok(events::show(app, event(id)?).await?),
        (&Method::POST, ["v1", "events", id, "retry"]) => Ok(events::retry(app, event(id)?).await?),
        (&Method::DELETE, ["v1", "events", id]) => Ok(events::discard(app, event(id)?).await?),
        (method, _) => Err(Failure::NoRoute { method: method.clone(), path }),
    }
}

fn event(id: &str) -> Result<Uuid, Failure> {
    id.parse().map_err(|_| Failure::EventId { found: id.to_owned() })
}

fn logs(app: &Arc<App>, query: Option<&str>) -> Response<Channel<Bytes>> {
    let function = query::value(query, "function");
    let is_to_follow = query::value(query, "follow").is_some_and(|follow| follow == "true");
    Response::new(follow::body(app, function, is_to_follow))
}

async fn list<T: serde::Serialize>(
    app: &App,
    view: impl Fn(&Deployed, &ServiceStatistics) -> T,
) -> Reply {
    let all = app.functions().await;
    let all: Vec<T> = all.iter().map(|(deployed, known)| view(deployed, known)).collect();
    reply::json(StatusCode::OK, &all)
}

/// The tenant of `TENANT/NAME`, and the rest.
fn named<'a>(app: &'a App, text: &'a str) -> Result<(&'a Tenant, &'a str), KeyError> {
    let unknown = |name: &str| KeyError::Tenant { name: name.to_owned() };
    app.access.tenants.of_text(text).map_err(unknown)
}

fn function(app: &App, text: &str) -> Result<FunctionId, KeyError> {
    let (tenant, name) = named(app, text)?;
    Ok(FunctionId { tenant: tenant.clone(), name: name.to_owned() })
}

fn decoded(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

async fn deploy(app: &App, name: &str, request: Request<Incoming>) -> Result<Reply, Failure> {
    let id = function(app, name)?;
    let settings = settings(app, &id, request.uri().query())?;
    let image = image(app, request.into_body()).await?;
    let release = Release { id, image: image.bytes.to_vec(), settings };
    let version = app.deployer.deploy(release).await?;
    Ok(reply::json(StatusCode::OK, &VersionView { version }))
}

async fn image(app: &App, body: Incoming) -> Result<Body, BodyError> {
    let limits = BodyLimits {
        bytes: IMAGE_BYTES,
        time: app.config.limits.body_timeout(),
        memory: Arc::new(Semaphore::new(IMAGE_BYTES)),
    };
    body::read(Arriving::Stream(body), &limits).await
}

async fn remove(app: &App, name: &str) -> Result<Reply, Failure> {
    app.deployer.remove(&function(app, name)?).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

async fn set_banned(app: &App, name: &str, is_banned: bool) -> Result<Reply, Failure> {
    let unknown = || ChangeError::Unknown { name: name.to_owned() };
    let deployed = app.registry.get(&function(app, name)?).ok_or_else(unknown)?;
    app.set_banned(&deployed, is_banned).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

async fn roll_back(app: &App, name: &str, query: Option<&str>) -> Result<Reply, Failure> {
    let version = query::value(query, "version");
    let parse = |found: String| found.parse().map_err(|_| Failure::Version { found });
    let version = version.map(parse).transpose()?;
    let version = app.deployer.roll_back(&function(app, name)?, version).await?;
    Ok(reply::json(StatusCode::OK, &VersionView { version }))
}

/// The settings that a query asks for; those that it leaves out are the last version's, or the
/// default.
fn settings(
    app: &App,
    id: &FunctionId,
    query: Option<&str>,
) -> Result<Settings, serde_json::Error> {
    let before = app.registry.get(id).map(|deployed| deployed.function.latest.settings);
    let mut settings = serde_json::to_value(before.unwrap_or(app.config.defaults))?;
    for (name, value) in query::pairs(query) {
        settings[name] = settings::json(&value);
    }
    serde_json::from_value(settings)
}
