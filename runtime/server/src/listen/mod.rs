//! Connections: accepting them, bounding them, and handing their requests to the way in that they are
//! for.

mod connection;
pub(crate) mod tls;

use std::future::Future;
use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::http::ACCEPT_PAUSE;

/// Accepts clients until `end`, then waits until the requests under way are answered.
pub(crate) async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    end: impl Future<Output = ()>,
) {
    let connections = connection::Connections::new(Arc::clone(&app), tls);
    let places = Arc::new(Semaphore::new(app.config.limits.connections as usize));
    let accepting = async {
        loop {
            let place = Arc::clone(&places).acquire_owned().await;
            match listener.accept().await {
                Ok((stream, _peer)) => connections.start(stream, place.ok()),
                Err(error) => pause_after(&error).await,
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = end => {}
    }
    drop(listener);
    connections.finish().await;
}

async fn pause_after(error: &io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(ACCEPT_PAUSE).await;
}
