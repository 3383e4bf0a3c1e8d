//! What every way in shares: one request, from a target and a body to an answer.

mod ending;
pub(crate) mod refusal;

use std::sync::Arc;
use std::time::Instant;

use mote_dispatcher::{ChangeError, Completed, Outcome, ServiceStatistics, now_ns};
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use crate::access::Access;
use crate::accounting::Account;
use crate::config::Config;
use crate::door::{Door, Order};
use crate::events::Events;
use crate::functions::name::{FunctionId, Target};
use crate::functions::tenant::Tenant;
use crate::http::body::{Body, BodyLimits};
use crate::logs::Logs;
use crate::metrics::{Counted, Metrics};
use crate::package::Packager;
use crate::registry::deploy::Deployer;
use crate::registry::{Deployed, Registry};
use refusal::Refusal;

/// A running node with its functions, behind whatever way in.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) bodies: BodyLimits,
    pub(crate) access: Access,
    pub(crate) registry: Arc<Registry>,
    pub(crate) deployer: Deployer,
    pub(crate) packager: Packager,
    pub(crate) metrics: Metrics,
    pub(crate) logs: Logs,
    pub(crate) events: Events,
    door: Arc<Door>,
    closing: watch::Sender<bool>,
}

/// An invocation that ended.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The state that ran, as clients call it.
    pub(crate) version: String,
    pub(crate) completed: Completed,
    /// What went wrong; empty if nothing did.
    pub(crate) message: String,
    /// How long the request waited for a worker, in nanoseconds.
    pub(crate) queue_ns: u64,
}

impl App {
    pub(crate) fn new(
        config: Config,
        access: Access,
        door: Arc<Door>,
        registry: Arc<Registry>,
        deployer: Deployer,
        packager: Packager,
        events: Events,
    ) -> Self {
        let limits = &config.limits;
        let bodies = BodyLimits {
            bytes: limits.body_bytes as usize,
            time: limits.body_timeout(),
            memory: Arc::new(Semaphore::new(limits.in_flight_bytes as usize)),
        };
        Self {
            config,
            bodies,
            access,
            registry,
            deployer,
            packager,
            metrics: Metrics::default(),
            logs: Logs::default(),
            events,
            door,
            closing: watch::Sender::new(false),
        }
    }

    /// Tells all that go on until the node ends that it does.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Until [`App::close`] is called.
    pub(crate) async fn closing(&self) {
        // The sender lives as long as this.
        let _ = self.closing.subscribe().wait_for(|is_closing| *is_closing).await;
    }

    /// Runs `target` once. Dropping the future cancels the invocation.
    pub(crate) async fn invoke(
        &self,
        id: Uuid,
        target: &Target,
        body: &Body,
    ) -> Result<Answer, Refusal> {
        let arrived = Instant::now();
        let arrived_ns = now_ns();
        let resolved = self.registry.resolve(target)?;
        let order = Order {
            service: resolved.service,
            body: body.bytes.clone(),
            settings: resolved.settings,
            variables: resolved.variables,
            arrived_ns,
            metrics: Arc::clone(&resolved.metrics),
            account: self.door.is_accounting().then(|| Account {
                request: id,
                function: target.function.clone(),
                version: resolved.version.clone(),
            }),
        };
        let completed = self.door.invoke(order).await?;
        let queue_ns = completed.stamp_ns.saturating_sub(arrived_ns);
        let request_ns = u64::try_from(arrived.elapsed().as_nanos()).unwrap_or(u64::MAX);
        resolved.metrics.request.add(request_ns);
        let message = match completed.outcome {
            Outcome::Ok => String::new(),
            outcome => ending::message(outcome, completed.error.as_deref(), &resolved.settings),
        };
        let answer = Answer { version: resolved.version, completed, message, queue_ns };
        log(id, &target.function, &answer);
        let Answer { version, completed, message, .. } = &answer;
        self.logs.add(id, &target.function, version, completed, message);
        Ok(answer)
    }

    /// Keeps a request for `target` as an event: it is on disk when this returns, and runs from then on.
    pub(crate) async fn submit(
        &self,
        id: Uuid,
        target: &Target,
        body: &Body,
    ) -> Result<(), Refusal> {
        self.registry.resolve(target)?;
        Ok(self.events.accept(id, target, body.bytes.clone()).await?)
    }

    /// All metrics, as Prometheus reads them, or those of the functions of `tenant`.
    pub(crate) async fn metrics_text(&self, tenant: Option<&Tenant>) -> String {
        let mut functions = self.functions().await;
        functions.retain(|(deployed, _)| tenant.is_none_or(|it| deployed.id.tenant == *it));
        let counted = functions.into_iter().map(|(deployed, statistics)| {
            let (id, metrics) = (deployed.id.clone(), Arc::clone(&deployed.metrics));
            Counted { id, metrics, statistics }
        });
        let counted: Vec<_> = counted.collect();
        if tenant.is_some() {
            return Metrics::text_of(&counted);
        }
        let node = self.door.node_statistics().await;
        let events = self.events.counted();
        self.metrics.text(&node, self.door.lost_accounts(), &counted, &events)
    }

    /// Every function, with what the node knows of it.
    pub(crate) async fn functions(&self) -> Vec<(Arc<Deployed>, ServiceStatistics)> {
        let all = self.registry.all();
        let services = all.iter().map(|deployed| deployed.service()).collect();
        let statistics = self.door.statistics(services).await;
        all.into_iter().zip(statistics).collect()
    }

    /// Bans a function, or forgives it. One that the node does not run cannot do anything.
    pub(crate) async fn set_banned(
        &self,
        deployed: &Deployed,
        is_banned: bool,
    ) -> Result<(), ChangeError> {
        match deployed.service() {
            Some(service) => self.door.set_banned(service, is_banned).await.map(drop),
            None => Ok(()),
        }
    }
}

/// What the service logged, and how it ended if that was not well.
fn log(id: Uuid, function: &FunctionId, answer: &Answer) {
    let (version, completed) = (&answer.version, &answer.completed);
    for line in completed.log.lines() {
        tracing::info!(target: "service", request = %id, %function, version, "{line}");
    }
    if completed.outcome != Outcome::Ok {
        let (outcome, cleanup) = (completed.outcome.name(), completed.cleanup.name());
        let message = &answer.message;
        tracing::warn!(request = %id, %function, version, outcome, cleanup, "{message}");
    }
}
