//! Lambda's API, so that its clients work unchanged. Signatures are not looked at.

mod error;
mod event_stream;
mod invoke;
mod manage;
pub(crate) mod path;
mod stream;

use hyper::Request;
use hyper::body::Incoming;
use uuid::Uuid;

use crate::app::App;
use crate::app::refusal::Refusal;
use crate::http::reply::{self, Reply};
use path::{Action, Route};

/// Answers a request whose path is one of Lambda's.
pub(crate) async fn serve(app: &App, id: Uuid, request: Request<Incoming>) -> Reply {
    let mut reply = match act(app, id, request).await {
        Ok(reply) => reply,
        Err(refusal) => {
            app.metrics.refused(refusal.kind());
            error::reply(&refusal)
        }
    };
    reply::set(&mut reply, "x-amzn-requestid", &id.to_string());
    reply
}

async fn act(app: &App, id: Uuid, request: Request<Incoming>) -> Result<Reply, Refusal> {
    let Some(route) = Route::parse(request.method(), request.uri().path()) else {
        return Err(Refusal::NoRoute {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
        });
    };
    match route.action {
        Action::Invoke => invoke::serve(app, id, &route.function, request).await,
        Action::InvokeWithStream => stream::serve(app, id, &route.function, request).await,
        Action::Manage(action) => manage::serve(app, action, &route, request).await,
    }
}
