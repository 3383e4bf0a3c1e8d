//! Connections: accepting them, bounding them, and handing their requests to the way in that they are
//! for.

mod accept;
mod connection;
pub(crate) mod error;
mod metrics;
mod tenants;
pub(crate) mod tls;

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::access::Peer;
use crate::app::App;
use accept::accepted;
use connection::Connections;
pub(crate) use metrics::serve as serve_metrics;
use tls::Tls;

/// A socket of clients, and whose it is if it is a tenant's own.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) peer: Peer,
}

/// Accepts clients until `end`, then waits until the requests under way are answered.
pub(crate) async fn serve(
    app: Arc<App>,
    doors: Vec<Door>,
    tls: Option<Tls>,
    end: impl Future<Output = ()>,
) {
    let connections = Arc::new(Connections::new(Arc::clone(&app), tls));
    let places = Arc::new(Semaphore::new(app.config.limits.connections as usize));
    let mut accepting = JoinSet::new();
    for door in doors {
        let (connections, places) = (Arc::clone(&connections), Arc::clone(&places));
        accepting.spawn(accept(door, connections, places));
    }
    end.await;
    accepting.shutdown().await;
    if let Some(connections) = Arc::into_inner(connections) {
        connections.finish().await;
    }
}

async fn accept(door: Door, connections: Arc<Connections>, places: Arc<Semaphore>) {
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let stream = accepted(&door.listener).await;
        connections.start(stream, door.peer.clone(), place.ok());
    }
}
