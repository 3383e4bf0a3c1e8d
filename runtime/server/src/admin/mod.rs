//! The admin socket: a Unix socket in the state folder, for whoever runs the node.
//!
//! It speaks HTTP and JSON; errors are objects `{"error": …}` with a status that says whose fault it is.
//!
//! | request | body | answer |
//! | --- | --- | --- |
//! | `GET /v1/functions` | | every function: name, version, settings, image |
//! | `PUT /v1/functions/NAME?budget_us=…` | an image | the number of the new version |
//! | `POST /v1/functions/NAME/rollback?version=…` | | the number of the version that is back |
//! | `POST /v1/functions/NAME/invoke?qualifier=…` | the request's | as `POST /invoke/NAME` of plain HTTP |
//! | `DELETE /v1/functions/NAME` | | nothing (204) |
//! | `PUT /v1/functions/NAME/ban` | | nothing (204): its requests are refused from now on |
//! | `DELETE /v1/functions/NAME/ban` | | nothing (204): it is admitted, and its strikes are forgiven |
//! | `GET /v1/logs?function=NAME&follow=true` | | what was logged lately, and what is logged now: an object a line |
//! | `POST /v1/functions/NAME/events` | the request's | its identifier (202): it is on disk, and runs from now on |
//! | `GET /v1/events?function=NAME&state=parked&limit=…` | | events that are kept, without their bodies |
//! | `GET /v1/events/ID` | | an event with its body in base64 |
//! | `POST /v1/events/ID/retry` | | nothing (204): it runs at once, as if it had never failed |
//! | `DELETE /v1/events/ID` | | nothing (204): it is forgotten |
//! | `GET /v1/stats` | | how invocations ended, and what is held against whom, by function |
//!
//! | `GET /v1/metrics` | | metrics of all tenants |
//! | `GET /v1/keys` | | every tenant's keys, without their secrets |
//! | `POST /v1/keys/TENANT` | | a new key, and this once its secret |
//! | `DELETE /v1/keys/ID` | | nothing (204): the key opens nothing from now on |
//!
//! A function of another tenant than the default one is `TENANT%2FNAME`.
//! A deployment's query may have every one of a function's settings; the others stay as they were.

mod api;
pub mod client;
mod events;
mod follow;
mod keys;
mod views;

use std::convert::Infallible;
use std::fs::{self, Permissions};
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use thiserror::Error;
use tokio::net::{UnixListener, UnixStream};

use crate::app::App;

/// The socket's name in the state folder.
const SOCKET: &str = "admin.sock";

/// The socket of the node whose state is in `folder`.
#[must_use]
pub fn socket_path(folder: &Path) -> PathBuf {
    folder.join(SOCKET)
}

/// Why there is no admin socket.
#[derive(Debug, Error)]
#[error("cannot make the admin socket {}: {source}", path.display())]
pub struct SocketError {
    /// Where it belongs.
    path: PathBuf,
    /// Why.
    source: io::Error,
}

/// Makes the socket in `folder`, which this process has locked; one that is there is an ended node's.
/// Others than this user can connect only where `is_shared`, and are then judged by who they are.
pub(crate) fn bind(folder: &Path, is_shared: bool) -> Result<UnixListener, SocketError> {
    let path = socket_path(folder);
    let make = || {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        let mode = if is_shared { 0o666 } else { 0o600 };
        fs::set_permissions(&path, Permissions::from_mode(mode))?;
        Ok(listener)
    };
    make().map_err(|source| SocketError { path: path.clone(), source })
}

/// Answers operators until `end`, and then those whose requests are under way.
pub(crate) async fn serve(app: Arc<App>, listener: UnixListener, end: impl Future<Output = ()>) {
    let ending = GracefulShutdown::new();
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => start(Arc::clone(&app), stream, ending.watcher()),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an operator");
                    tokio::time::sleep(crate::http::ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = accepting => {}
        () = end => {}
    }
    drop(listener);
    ending.shutdown().await;
}

fn start(app: Arc<App>, stream: UnixStream, watcher: Watcher) {
    let Some(uid) = allowed(&app, &stream) else { return };
    let mut http1 = http1::Builder::new();
    http1.timer(TokioTimer::new()).header_read_timeout(app.config.limits.header_timeout());
    let service = service_fn(move |request| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(api::serve(&app, uid, request).await) }
    });
    let connection = watcher.watch(http1.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "an operator's connection broke");
        }
    });
}

/// Who is there, if it is root, this process's user, or one that the configuration names.
fn allowed(app: &App, stream: &UnixStream) -> Option<u32> {
    let peer = stream.peer_cred().inspect_err(|error| {
        tracing::warn!(%error, "the system does not say who is at the admin socket");
    });
    let uid = peer.ok()?.uid();
    let own = rustix::process::geteuid().as_raw();
    if uid == 0 || uid == own || app.config.admin_uids.contains(&uid) {
        return Some(uid);
    }
    tracing::warn!(uid, "refused at the admin socket: not in `admin_uids`");
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn socket_is_the_users_own_unless_it_is_shared() {
        let folder = tempfile::tempdir().unwrap();
        for (is_shared, mode) in [(false, 0o600), (true, 0o666)] {
            let _listener = bind(folder.path(), is_shared).unwrap();
            let metadata = fs::metadata(socket_path(folder.path())).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, mode);
        }
    }

    #[tokio::test]
    async fn path_that_is_too_long_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("x".repeat(120));
        fs::create_dir(&long).unwrap();
        let message = bind(&long, false).unwrap_err().to_string();
        assert!(message.starts_with("cannot make the admin socket /"), "{message}");
    }
}
