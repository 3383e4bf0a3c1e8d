//! What the admin socket tells of functions.

use std::collections::BTreeMap;

use mote_dispatcher::{Cleanup, Outcome, ServiceStatistics, Strikes};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::config::settings::Settings;
use crate::events::Failure;
use crate::functions::store::KeyRecord;
use crate::registry::Deployed;

/// One function, as `GET /v1/functions` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionView {
    /// Its name; `TENANT/NAME` where it is not the default tenant's.
    pub name: String,
    /// The version that requests without a qualifier run.
    pub version: u32,
    /// Every version there is.
    pub versions: Vec<u32>,
    /// Whether the node runs it: one that another `mote` built must be built anew.
    pub is_ready: bool,
    /// The SHA-256 of its image.
    pub image: String,
    /// Its image's length, in bytes.
    pub image_bytes: u64,
    /// When that version was deployed, in milliseconds since 1970.
    pub modified_ms: u64,
    /// What its invocations may use.
    pub settings: Settings,
    /// Why its requests are refused, if it is banned.
    pub ban: Option<String>,
}

impl FunctionView {
    pub(crate) fn of(deployed: &Deployed, statistics: &ServiceStatistics) -> Self {
        let function = &deployed.function;
        let latest = &function.latest;
        Self {
            name: deployed.id.to_string(),
            version: latest.version,
            versions: function.versions.keys().copied().collect(),
            is_ready: deployed.is_ready(),
            image: latest.image.to_string(),
            image_bytes: latest.image_bytes,
            modified_ms: latest.modified_ms,
            settings: latest.settings,
            ban: statistics.ban.map(|ban| ban.to_string()),
        }
    }
}

/// How the invocations of one function ended, as `GET /v1/stats` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatsView {
    /// The function.
    pub name: String,
    /// Invocations since the node started, by outcome. Outcomes that did not happen are left out.
    pub outcomes: BTreeMap<String, u64>,
    /// The time that its service ran, in microseconds.
    pub billed_us: u64,
    /// The most memory that one invocation held, in bytes.
    pub arena_peak_bytes: u64,
    /// What is held against it.
    pub strikes: StrikesView,
    /// Why its requests are refused, if it is banned.
    pub ban: Option<String>,
}

/// Invocations that lead to a ban when there are too many of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrikesView {
    /// That did not yield at their soft deadline.
    pub unyielding: u32,
    /// That made a system call.
    pub denied_syscall: u32,
    /// That lost their worker.
    pub worker_lost: u32,
}

impl StrikesView {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.unyielding.saturating_add(self.denied_syscall).saturating_add(self.worker_lost)
    }
}

impl StatsView {
    pub(crate) fn of(deployed: &Deployed, statistics: &ServiceStatistics) -> Self {
        let Strikes { unyielding, denied_syscalls, lost_workers } = statistics.strikes;
        let metrics = &deployed.metrics;
        let count =
            |outcome| Cleanup::ALL.iter().map(|&cleanup| metrics.ended(outcome, cleanup)).sum();
        let outcomes =
            Outcome::ALL.iter().map(|&outcome| (outcome.name().to_owned(), count(outcome)));
        Self {
            name: deployed.id.to_string(),
            outcomes: outcomes.filter(|(_, count)| *count > 0).collect(),
            billed_us: metrics.billed_us(),
            arena_peak_bytes: metrics.arena_peak_bytes(),
            strikes: StrikesView {
                unyielding,
                denied_syscall: denied_syscalls,
                worker_lost: lost_workers,
            },
            ban: statistics.ban.map(|ban| ban.to_string()),
        }
    }
}

/// The answer to a deployment or a rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionView {
    /// The version that requests without a qualifier run now.
    pub version: u32,
}

/// A tenant's key, as `GET /v1/keys` tells it: without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    /// What clients call it.
    pub id: String,
    /// Whose it is.
    pub tenant: String,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
}

impl KeyView {
    pub(crate) fn of(record: KeyRecord) -> Self {
        Self { id: record.id, tenant: record.tenant, created_ms: record.created_ms }
    }
}

/// The answer to `POST /v1/keys/TENANT`: a new key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedView {
    /// What clients call it.
    pub id: String,
    /// What only its tenant is to know.
    pub secret: String,
}

/// The answer to what cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorView {
    /// Why.
    pub error: String,
}

/// One event, as `GET /v1/events` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    /// Its identifier, which is the request's.
    pub id: Uuid,
    /// The function that it is for.
    pub function: String,
    /// Which state of it; none given means the last one.
    pub qualifier: Option<String>,
    /// What becomes of it.
    pub state: EventState,
    /// When it runs, in milliseconds since 1970, if it waits.
    pub due_ms: Option<u64>,
    /// How often it failed.
    pub tries: u32,
    /// When it arrived, in milliseconds since 1970.
    pub accepted_ms: u64,
    /// Its body's length, in bytes.
    pub body_bytes: u64,
    /// How it failed last.
    pub failure: Option<Failure>,
}

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// It runs when it is due.
    Waiting,
    /// It runs now, or waits for a worker.
    Running,
    /// It does not run until an operator says so.
    Parked,
}

impl EventState {
    /// As in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Parked => "parked",
        }
    }
}

/// One event with its body, as `GET /v1/events/ID` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventBodyView {
    /// The event.
    #[serde(flatten)]
    pub event: EventView,
    /// Its body in base64.
    pub body_base64: String,
}
