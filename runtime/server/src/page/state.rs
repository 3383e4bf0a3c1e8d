//! What the page asks for each second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use mote_dispatcher::{Cleanup, Outcome, ServiceStatistics};
use serde::Serialize;

use crate::logs::LogLine;
use crate::metrics::BOUNDS_NS;
use crate::registry::Deployed;

/// Counts since the node started: the page shows how they change.
#[derive(Debug, Serialize)]
pub(super) struct State {
    /// In milliseconds since 1970.
    time_ms: u64,
    /// Upper bounds of durations, in nanoseconds.
    bounds_ns: [u64; BOUNDS_NS.len()],
    functions: Vec<FunctionState>,
    /// The last first.
    failures: Vec<LogLine>,
}

#[derive(Debug, Serialize)]
struct FunctionState {
    name: String,
    version: u32,
    /// Outcomes that did not happen are left out.
    outcomes: BTreeMap<&'static str, u64>,
    /// How many requests took at most as long as each bound, and how many there were.
    request: [u64; BOUNDS_NS.len() + 1],
    strikes: u32,
    ban: Option<String>,
}

impl State {
    pub(super) fn of(
        functions: &[(Arc<Deployed>, ServiceStatistics)],
        failures: Vec<LogLine>,
    ) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            time_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            bounds_ns: BOUNDS_NS,
            functions: functions.iter().map(|(it, known)| FunctionState::of(it, known)).collect(),
            failures,
        }
    }
}

impl FunctionState {
    fn of(deployed: &Deployed, statistics: &ServiceStatistics) -> Self {
        let metrics = &deployed.metrics;
        let count = |outcome: Outcome| -> u64 {
            Cleanup::ALL.iter().map(|&cleanup| metrics.ended(outcome, cleanup)).sum()
        };
        let outcomes = Outcome::ALL.iter().map(|&outcome| (outcome.name(), count(outcome)));
        let strikes = statistics.strikes;
        Self {
            name: deployed.id.to_string(),
            version: deployed.function.latest.version,
            outcomes: outcomes.filter(|(_, count)| *count > 0).collect(),
            request: metrics.request.cumulated(),
            strikes: strikes.unyielding + strikes.denied_syscalls + strikes.lost_workers,
            ban: statistics.ban.map(|ban| ban.to_string()),
        }
    }
}
