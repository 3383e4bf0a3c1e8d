//! Lambda's API, so that its clients work unchanged. Signatures are not looked at.

mod error;
mod invoke;
pub(crate) mod path;

use hyper::Request;
use hyper::body::Incoming;
use uuid::Uuid;

use crate::app::App;
use crate::app::refusal::Refusal;
use crate::http::reply::{self, Reply};
use path::Action;

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
    match Action::parse(request.method(), request.uri().path()) {
        Some(Action::Invoke { function }) => invoke::serve(app, id, &function, request).await,
        None => Err(Refusal::NoRoute {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
        }),
    }
}
