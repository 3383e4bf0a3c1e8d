//! The node, as asynchronous code sees it: commands in, answers out.

use std::sync::Arc;

use bytes::Bytes;
use mote_dispatcher::{
    Change, ChangeError, Completed, DeployError, Handle, NodeConfig, NodeError, NodeStatistics,
    NodeThread, Outcome, OwnedJob, PlaceError, ServiceId, ServiceStatistics, SubmitError, Ticket,
    VerifiedImage,
};
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use crate::accounting::{Account, Accounts};
use crate::config::settings::Settings;
use crate::functions::name::FunctionId;
use crate::metrics::function::FunctionMetrics;

/// The way to a node. The node ends with it.
#[derive(Debug)]
pub(crate) struct Door {
    node: NodeThread,
    queue_timeout_ms: u32,
    accounts: Option<Accounts>,
}

/// One invocation to be.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) service: ServiceId,
    pub(crate) body: Bytes,
    pub(crate) settings: Settings,
    /// As [`mote_abi::variables`] has them.
    pub(crate) variables: Bytes,
    /// When its request arrived, on the node's clock, in nanoseconds.
    pub(crate) arrived_ns: u64,
    /// Where it is counted when it ends, whether or not anybody waits for it still.
    pub(crate) metrics: Arc<FunctionMetrics>,
    /// What is told of it to whoever bills it, if anybody does.
    pub(crate) account: Option<Account>,
}

/// Why an invocation did not begin.
#[derive(Debug, Error)]
pub(crate) enum NotRun {
    #[error(transparent)]
    Refused(#[from] SubmitError),
    #[error("no worker was free within {waited_ms} ms; try again")]
    Expired { waited_ms: u32 },
}

/// Cancels a job when it is dropped, which its client's going does.
struct Cancel {
    node: Handle,
    ticket: Ticket,
    is_over: bool,
}

impl Drop for Cancel {
    fn drop(&mut self) {
        if !self.is_over {
            self.node.cancel(self.ticket);
        }
    }
}

impl Door {
    /// Starts a node on a thread of its own, and returns when it is ready.
    pub(crate) fn start(
        config: NodeConfig,
        queue_timeout_ms: u32,
        accounts: Option<Accounts>,
    ) -> Result<Self, NodeError> {
        let node = NodeThread::start(config)?;
        Ok(Self { node, queue_timeout_ms, accounts })
    }

    /// Gives the node an image, which is looked at on another thread.
    pub(crate) async fn deploy(
        &self,
        id: &FunctionId,
        image: Vec<u8>,
    ) -> Result<ServiceId, DeployError> {
        let name = id.name.clone();
        let verify = move || VerifiedImage::new(&name, &image).map(|image| (name, image));
        let (name, image) = spawn_blocking(verify).await.expect("verifying does not panic")?;
        let install = Change::Install { name, tenant: id.tenant.id(), image };
        self.change(install).await.map_err(|error| match error {
            ChangeError::Refused(PlaceError::NotAdmitted { name, source }) => {
                DeployError::NotAdmitted { name, source }
            }
            other => panic!("a node whose door is open takes what it admits: {other}"),
        })
    }

    /// Runs a service once. Dropping the future stops it, wherever it is.
    pub(crate) async fn invoke(&self, order: Order) -> Result<Completed, NotRun> {
        let waited_ms = self.queue_timeout_ms;
        let Order { service, body, settings, variables, arrived_ns, metrics, account } = order;
        let account = self.accounts.clone().zip(account);
        let job = OwnedJob {
            service,
            body: with_variables(body, &variables),
            mode: settings.mode,
            heap: settings.heap,
            budget_us: settings.budget_us.get(),
            grace_us: settings.grace_us,
            memory_kib: settings.memory_kib,
            start_by_ns: Some(arrived_ns.saturating_add(u64::from(waited_ms) * 1_000_000)),
            is_idempotent: settings.idempotent,
            variables_bytes: u16::try_from(variables.len()).expect("they were checked"),
        };
        let (to, answer) = oneshot::channel();
        let node = self.node.handle();
        let ticket = node.submit(job, move |result| {
            if let Ok(completed) = &result
                && completed.outcome != Outcome::Expired
            {
                let queue_ns = completed.stamp_ns.saturating_sub(arrived_ns);
                metrics.add(completed, queue_ns);
                if let Some((accounts, account)) = &account {
                    accounts.note(account, completed, queue_ns);
                }
            }
            // Whoever asked may have gone.
            drop(to.send(result));
        });
        let mut cancel = Cancel { node, ticket, is_over: false };
        let result = answered(answer).await;
        cancel.is_over = true;
        let completed = result?;
        match completed.outcome {
            Outcome::Expired => Err(NotRun::Expired { waited_ms }),
            _ => Ok(completed),
        }
    }

    /// Takes a service's place in memory back, unless it is running.
    pub(crate) fn remove(&self, service: ServiceId) {
        // One that is running stays where it is.
        self.node.handle().change(Change::Evict { service }, drop);
    }

    /// Bans what runs as `service`, or forgives it.
    pub(crate) async fn set_banned(
        &self,
        service: ServiceId,
        is_banned: bool,
    ) -> Result<ServiceId, ChangeError> {
        self.change(Change::SetBanned { service, is_banned }).await
    }

    /// What the node knows of services; of none, it knows nothing.
    pub(crate) async fn statistics(
        &self,
        services: Vec<Option<ServiceId>>,
    ) -> Vec<ServiceStatistics> {
        let (to, answer) = oneshot::channel();
        self.node.handle().service_statistics(services, |known| drop(to.send(known)));
        answered(answer).await.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// What the node's thread has counted.
    pub(crate) async fn node_statistics(&self) -> NodeStatistics {
        let (to, answer) = oneshot::channel();
        self.node.handle().statistics(|known| drop(to.send(known)));
        answered(answer).await.unwrap_or_default()
    }

    /// Whether lines are written of what invocations use.
    pub(crate) fn is_accounting(&self) -> bool {
        self.accounts.is_some()
    }

    /// Lines of that kind that were lost.
    pub(crate) fn lost_accounts(&self) -> u64 {
        self.accounts.as_ref().map_or(0, Accounts::lost)
    }

    async fn change(&self, change: Change) -> Result<ServiceId, ChangeError> {
        let (to, answer) = oneshot::channel();
        self.node.handle().change(change, |result| drop(to.send(result)));
        answered(answer).await
    }
}

/// What a worker gets: the body, and behind it the variables.
fn with_variables(body: Bytes, variables: &[u8]) -> Box<dyn AsRef<[u8]> + Send> {
    if variables.is_empty() {
        return Box::new(body);
    }
    Box::new([&*body, variables].concat())
}

async fn answered<T>(answer: oneshot::Receiver<T>) -> T {
    answer.await.expect("the node answers every command")
}
