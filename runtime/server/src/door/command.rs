//! What the node's thread is asked, and where its answers go.

use std::sync::Arc;

use bytes::Bytes;
use mote_dispatcher::{
    Completed, DeployError, PlaceError, ServiceId, ServiceStatistics, SubmitError,
};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::config::settings::Settings;
use crate::metrics::function::FunctionMetrics;

/// One invocation to be.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) service: ServiceId,
    pub(crate) body: Bytes,
    pub(crate) settings: Settings,
    /// When its request arrived, on the node's clock, in nanoseconds.
    pub(crate) arrived_ns: u64,
    /// Where it is counted when it ends, whether or not anybody waits for it still.
    pub(crate) metrics: Arc<FunctionMetrics>,
}

/// Why an invocation did not begin.
#[derive(Debug, Error)]
pub(crate) enum NotRun {
    #[error(transparent)]
    Refused(#[from] SubmitError),
    #[error("{limit} requests wait for a worker already; try again")]
    QueueFull { limit: usize },
    #[error("no worker was free within {waited_ms} ms; try again")]
    Expired { waited_ms: u32 },
}

/// Where an answer goes. Whoever asked may have gone.
pub(super) type To<T> = oneshot::Sender<T>;

/// What the node is asked to do.
#[derive(Debug)]
pub(super) enum Command {
    Deploy { name: String, image: Vec<u8>, to: To<Result<ServiceId, DeployError>> },
    Invoke { order: Order, to: To<Result<Completed, NotRun>> },
    Remove { service: ServiceId },
    Ban { service: ServiceId, is_banned: bool, to: To<Result<(), PlaceError>> },
    Statistics { services: Vec<Option<ServiceId>>, to: To<Vec<ServiceStatistics>> },
}
