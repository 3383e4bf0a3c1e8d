//! The other end of the admin socket.

mod events;

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::net::UnixStream;

pub use crate::logs::LogLine;
pub use crate::plain::Accepted;

pub use crate::events::Failure;

pub use crate::admin::views::{
    ErrorView, EventBodyView, EventState, EventView, FunctionView, GrantedView, KeyView, StatsView,
    StrikesView, VersionView,
};

/// Speaks to a running node.
#[derive(Clone, Debug)]
pub struct AdminClient {
    socket: PathBuf,
}

/// Why a node did not do what it was asked to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AdminError {
    /// There is nobody.
    #[error("no node answers at {}: {source}; start one with `mote serve`", socket.display())]
    Connect {
        /// The socket.
        socket: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The connection broke.
    #[error("the node went away: {0}")]
    Http(#[from] hyper::Error),
    /// What is asked for has no form on the wire.
    #[error("the request cannot be written: {0}")]
    Request(#[from] hyper::http::Error),
    /// The node refused.
    #[error("{message}")]
    Refused {
        /// The status that it answered with.
        status: StatusCode,
        /// Why.
        message: String,
    },
    /// The answer is none of ours.
    #[error("the node's answer cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
}

impl AdminClient {
    /// The client of the node with this socket.
    #[must_use]
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Every function.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn functions(&self) -> Result<Vec<FunctionView>, AdminError> {
        self.json(Method::GET, "/v1/functions", Bytes::new()).await
    }

    /// How invocations ended, by function.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn stats(&self) -> Result<Vec<StatsView>, AdminError> {
        self.json(Method::GET, "/v1/stats", Bytes::new()).await
    }

    /// Deploys an image as a new version of `name`, with the settings in `query`.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn deploy(
        &self,
        name: &str,
        query: &str,
        image: Vec<u8>,
    ) -> Result<VersionView, AdminError> {
        let path = format!("{}?{query}", function_path(name));
        self.json(Method::PUT, &path, image.into()).await
    }

    /// Goes back to a version; to the one before if none is named.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn roll_back(
        &self,
        name: &str,
        version: Option<u32>,
    ) -> Result<VersionView, AdminError> {
        let query = version.map(|version| format!("?version={version}")).unwrap_or_default();
        let path = format!("{}/rollback{query}", function_path(name));
        self.json(Method::POST, &path, Bytes::new()).await
    }

    /// Removes a function with all its versions.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn remove(&self, name: &str) -> Result<(), AdminError> {
        self.done(Method::DELETE, &function_path(name)).await
    }

    /// Bans a function, or lifts its ban and forgives its strikes.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn set_banned(&self, name: &str, is_banned: bool) -> Result<(), AdminError> {
        let method = if is_banned { Method::PUT } else { Method::DELETE };
        self.done(method, &format!("{}/ban", function_path(name))).await
    }

    /// Every tenant's keys.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn keys(&self) -> Result<Vec<KeyView>, AdminError> {
        self.json(Method::GET, "/v1/keys", Bytes::new()).await
    }

    /// Makes a key of a tenant.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn grant(&self, tenant: &str) -> Result<GrantedView, AdminError> {
        self.json(Method::POST, &format!("/v1/keys/{}", segment(tenant)), Bytes::new()).await
    }

    /// Takes a key back.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn revoke(&self, id: &str) -> Result<(), AdminError> {
        self.done(Method::DELETE, &format!("/v1/keys/{}", segment(id))).await
    }

    /// Runs a function once. The reply is as one of plain HTTP, whatever its status.
    ///
    /// # Errors
    /// [`AdminError`], but not that the function failed or was refused.
    pub async fn invoke(&self, name: &str, body: Vec<u8>) -> Result<Response<Bytes>, AdminError> {
        self.call(Method::POST, &format!("{}/invoke", function_path(name)), body.into()).await
    }

    /// Reads what `function` logged lately, or every function, and what is logged from now on if `follow`
    /// says so: each line as soon as it is there.
    ///
    /// # Errors
    /// [`AdminError`], or that of `show`, which ends it.
    pub async fn logs<E: From<AdminError>>(
        &self,
        function: Option<&str>,
        follow: bool,
        mut show: impl FnMut(LogLine) -> Result<(), E>,
    ) -> Result<(), E> {
        let function = function.map_or_else(String::new, |it| format!("&function={}", segment(it)));
        let path = format!("/v1/logs?follow={follow}{function}");
        let mut body = self.send(Method::GET, &path, Bytes::new()).await?.into_body();
        let mut lines = Vec::new();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.map_err(AdminError::from)?.into_data() {
                lines.extend_from_slice(&data);
            }
            let whole = lines.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            for line in lines.drain(..whole).as_slice().split_inclusive(|&byte| byte == b'\n') {
                show(serde_json::from_slice(line).map_err(AdminError::from)?)?;
            }
        }
        Ok(())
    }

    async fn done(&self, method: Method, path: &str) -> Result<(), AdminError> {
        let (status, body) = self.call(method, path, Bytes::new()).await?.into_parts();
        succeeded(status.status, &body)
    }

    async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<T, AdminError> {
        let (head, body) = self.call(method, path, body).await?.into_parts();
        succeeded(head.status, &body)?;
        Ok(serde_json::from_slice(&body)?)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Response<Bytes>, AdminError> {
        let (head, body) = self.send(method, path, body).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, AdminError> {
        let request = Request::builder().method(method).uri(path).header(HOST, "mote");
        let request = request.body(Full::new(body))?;
        let stream = UnixStream::connect(&self.socket)
            .await
            .map_err(|source| AdminError::Connect { socket: self.socket.clone(), source })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // The connection moves the bytes while its request waits, and ends with its reply.
        tokio::spawn(connection);
        Ok(sender.send_request(request).await?)
    }
}

/// The path of a function, which may be `TENANT/NAME`.
fn function_path(name: &str) -> String {
    format!("/v1/functions/{}", segment(name))
}

/// A name as one segment of a path, or a value of a query.
fn segment(name: &str) -> impl Display {
    utf8_percent_encode(name, NON_ALPHANUMERIC)
}

fn succeeded(status: StatusCode, body: &[u8]) -> Result<(), AdminError> {
    if status.is_success() {
        return Ok(());
    }
    let ErrorView { error: message } = serde_json::from_slice(body)?;
    Err(AdminError::Refused { status, message })
}
