//! The socket at which operators' programs read metrics of all tenants.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::accept::accepted;
use crate::app::App;
use crate::http::reply::{self, Reply};
use crate::plain;

/// Connections at once: programs that scrape are few.
const CONNECTIONS: usize = 64;

/// Answers at `listener` until `end`. Without a socket, it waits.
pub(crate) async fn serve(
    app: Arc<App>,
    listener: Option<TcpListener>,
    end: impl Future<Output = ()>,
) {
    let Some(listener) = listener else { return };
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let accepting = async {
        loop {
            let place = Arc::clone(&places).acquire_owned().await;
            let connection = speak(Arc::clone(&app), accepted(&listener).await);
            tokio::spawn(async move {
                connection.await;
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = end => {}
    }
}

async fn speak(app: Arc<App>, stream: TcpStream) {
    let mut http1 = http1::Builder::new();
    http1.timer(TokioTimer::new()).header_read_timeout(app.config.limits.header_timeout());
    let service = service_fn(|request| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(answer(&app, request).await) }
    });
    let connection = http1.serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        result = connection => {
            if let Err(error) = result {
                tracing::debug!(%error, "a connection for metrics broke");
            }
        }
        () = app.closing() => {}
    }
}

async fn answer(app: &App, request: Request<Incoming>) -> Reply {
    let path = request.uri().path();
    if request.method() == Method::GET && path == "/metrics" {
        return plain::metrics(app, None).await;
    }
    plain::health(request.method(), path).unwrap_or_else(|| reply::empty(StatusCode::NOT_FOUND))
}
