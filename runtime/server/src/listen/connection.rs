//! One connection: HTTP/1.1, or HTTP/2 if the client begins with it.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::tls::{self, Tls};
use crate::access::Peer;
use crate::app::App;
use crate::config::limits::Limits;
use crate::functions::tenant::Tenant;
use crate::http::body::Arriving;
use crate::http::reply::Reply;
use crate::{lambda, page, plain};

/// What an HTTP/2 client sends first begins so, and no method of HTTP/1.1 does. Source: RFC 9113, 3.4.
const PREFACE: &[u8] = b"PRI";

/// How long to wait for the rest when a part of [`PREFACE`] has arrived.
const PREFACE_PAUSE: Duration = Duration::from_millis(5);

/// hyper keeps so many headers without allocating.
const HEADERS_FOR_FREE: usize = 100;

/// Connections of clients.
pub(super) struct Connections {
    protocols: Arc<Protocols>,
    ending: GracefulShutdown,
}

/// What connections have in common.
struct Protocols {
    app: Arc<App>,
    tls: Option<Tls>,
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
}

impl Connections {
    pub(super) fn new(app: Arc<App>, tls: Option<Tls>) -> Self {
        let limits = &app.config.limits;
        let (http1, http2) = (http1(limits), http2(limits));
        let protocols = Arc::new(Protocols { app, tls, http1, http2 });
        Self { protocols, ending: GracefulShutdown::new() }
    }

    /// Serves a connection of `peer`, which holds its place among those that are allowed, in a task of its
    /// own.
    pub(super) fn start(&self, stream: TcpStream, peer: Peer, place: Option<OwnedSemaphorePermit>) {
        let (protocols, watcher) = (Arc::clone(&self.protocols), self.ending.watcher());
        tokio::spawn(async move {
            protocols.app.metrics.accepted();
            if let Err(error) = protocols.serve(stream, peer, watcher).await {
                tracing::debug!(%error, "a connection broke");
            }
            protocols.app.metrics.closed();
            drop(place);
        });
    }

    /// Lets connections end with the request that they are at, and waits for that.
    pub(super) async fn finish(self) {
        self.ending.shutdown().await;
    }
}

impl Protocols {
    async fn serve(&self, stream: TcpStream, peer: Peer, watcher: Watcher) -> Result<(), Broken> {
        stream.set_nodelay(true)?;
        match &self.tls {
            None => {
                let is_http2 = self.in_time(is_http2(&stream)).await?;
                self.speak(stream, is_http2, peer, watcher).await
            }
            Some(tls) => {
                let stream = self.in_time(tls.acceptor().accept(stream)).await?;
                let session = stream.get_ref().1;
                let is_http2 = session.alpn_protocol() == Some(tls::HTTP2);
                let peer = tls.tenant_of(session.peer_certificates()).or(peer);
                self.speak(stream, is_http2, peer, watcher).await
            }
        }
    }

    /// What comes before the first request: it has the time of headers, and is not waited for when the
    /// node ends.
    async fn in_time<T>(&self, work: impl Future<Output = io::Result<T>>) -> Result<T, Broken> {
        tokio::select! {
            result = tokio::time::timeout(self.app.config.limits.header_timeout(), work) => {
                Ok(result.map_err(|_elapsed| Broken::Silent)??)
            }
            () = self.app.closing() => Err(Broken::Closing),
        }
    }

    async fn speak(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
        is_http2: bool,
        peer: Peer,
        watcher: Watcher,
    ) -> Result<(), Broken> {
        let peer = &peer;
        let service = service_fn(|request| answer(Arc::clone(&self.app), peer.clone(), request));
        let stream = TokioIo::new(stream);
        if is_http2 {
            watcher.watch(self.http2.serve_connection(stream, service)).await?;
        } else {
            watcher.watch(self.http1.serve_connection(stream, service)).await?;
        }
        Ok(())
    }
}

fn http1(limits: &Limits) -> http1::Builder {
    let mut http1 = http1::Builder::new();
    http1
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout())
        .max_buf_size(limits.header_bytes as usize);
    if limits.headers as usize != HEADERS_FOR_FREE {
        http1.max_headers(limits.headers as usize);
    }
    http1
}

fn http2(limits: &Limits) -> http2::Builder<TokioExecutor> {
    let mut http2 = http2::Builder::new(TokioExecutor::new());
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(limits.header_bytes)
        .keep_alive_interval(limits.header_timeout())
        .keep_alive_timeout(limits.header_timeout());
    http2
}

/// Why a connection ended that had not come to its end.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the client sent nothing")]
    Silent,
    #[error("the node ends")]
    Closing,
    #[error(transparent)]
    System(#[from] io::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
}

/// Whether the first bytes are those of HTTP/2. They stay there to be read.
async fn is_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let there = stream.peek(&mut first).await?;
        let is_part = there > 0 && PREFACE.starts_with(&first[..there]);
        if !is_part || there == PREFACE.len() {
            return Ok(is_part);
        }
        tokio::time::sleep(PREFACE_PAUSE).await;
    }
}

/// Hands a request to the way in that it is for, if it says who it is of.
async fn answer(
    app: Arc<App>,
    peer: Peer,
    request: Request<Incoming>,
) -> Result<Reply, Infallible> {
    let path = request.uri().path();
    let open = plain::health(request.method(), path);
    if let Some(reply) = open.or_else(|| page::file(&app, request.method(), path)) {
        return Ok(reply);
    }
    let id = Uuid::new_v4();
    let is_lambda = lambda::path::is_lambda(path);
    let limits = match is_lambda {
        true => lambda::body_limits(&app, path),
        false => app.bodies.clone(),
    };
    let admitted = app.access.admit(&peer, request.map(Arriving::Stream), &limits).await;
    Ok(match (admitted, is_lambda) {
        (Ok((tenant, request)), true) => lambda::serve(&app, id, &tenant, request).await,
        (Ok((tenant, request)), false) => match shown(&app, &tenant, &request).await {
            Some(reply) => reply,
            None => plain::serve(&app, id, &tenant, request).await,
        },
        (Err(error), true) => lambda::told(&app, id, Err(error.into())),
        (Err(error), false) => plain::told(&app, id, Err(error.into())),
    })
}

/// What the page shows, if that is what is asked for.
async fn shown(app: &App, tenant: &Tenant, request: &Request<Arriving>) -> Option<Reply> {
    page::state(app, tenant, request.method(), request.uri().path()).await
}
