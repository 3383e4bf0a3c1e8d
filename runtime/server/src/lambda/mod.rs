//! Lambda's API, so that its clients work unchanged.

mod error;
mod event_stream;
mod invoke;
mod manage;
pub(crate) mod path;
mod stream;

use hyper::Request;
use uuid::Uuid;

use crate::app::App;
use crate::app::refusal::Refusal;
use crate::functions::tenant::Tenant;
use crate::http::body::{Arriving, BodyLimits};
use crate::http::reply::{self, Reply};
use path::{Action, Route};

/// Answers a request of `tenant` whose path is one of Lambda's.
pub(crate) async fn serve(
    app: &App,
    id: Uuid,
    tenant: &Tenant,
    request: Request<Arriving>,
) -> Reply {
    told(app, id, act(app, id, tenant, request).await)
}

/// The reply, whatever became of the request.
pub(crate) fn told(app: &App, id: Uuid, result: Result<Reply, Refusal>) -> Reply {
    let mut reply = result.unwrap_or_else(|refusal| {
        app.metrics.refused(refusal.kind());
        error::reply(&refusal)
    });
    reply::set(&mut reply, "x-amzn-requestid", &id.to_string());
    reply
}

/// What bounds the body of a request with this path.
pub(crate) fn body_limits(app: &App, path: &str) -> BodyLimits {
    let is_invocation = path.ends_with("/invocations") || path.ends_with("-invocations");
    if is_invocation { app.bodies.clone() } else { manage::body_limits(app) }
}

async fn act(
    app: &App,
    id: Uuid,
    tenant: &Tenant,
    request: Request<Arriving>,
) -> Result<Reply, Refusal> {
    let Some(route) = Route::parse(request.method(), request.uri().path()) else {
        return Err(Refusal::NoRoute {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
        });
    };
    match route.action {
        Action::Invoke => invoke::serve(app, id, tenant, &route.function, request).await,
        Action::InvokeWithStream => stream::serve(app, id, tenant, &route.function, request).await,
        Action::Manage(action) => manage::serve(app, tenant, action, &route, request).await,
    }
}
