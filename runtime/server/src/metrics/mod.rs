//! What a server counts, and how Prometheus reads it.

pub(crate) mod function;
mod histogram;
mod node;
mod text;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mote_dispatcher::{Cleanup, NodeStatistics, Outcome, ServiceStatistics};

use crate::functions::name::FunctionId;
use function::FunctionMetrics;
use text::Exposition;

pub(crate) use histogram::BOUNDS_NS;
pub(crate) use text::CONTENT_TYPE;

/// Why a request was answered without an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Its path, a header or its body is not what it must be.
    BadRequest,
    /// There is no such function.
    Unknown,
    /// Its body is too long.
    TooLong,
    /// Its body took too long to arrive.
    TooSlow,
    /// There was no room for it, or no worker in time.
    Overload,
    /// Its function is banned, or what it asks for is not allowed here.
    Denied,
    /// It contradicts what is there already.
    Conflict,
    /// It is for a state that is the last one no more.
    Outdated,
    /// It does not say, or does not prove, who it is of.
    Unidentified,
    /// The node cannot run it.
    Unavailable,
    /// The disk does not take it.
    Storage,
}

impl Refused {
    const ALL: [(Self, &'static str); 11] = [
        (Self::BadRequest, "bad_request"),
        (Self::Unknown, "unknown_function"),
        (Self::TooLong, "body_too_long"),
        (Self::TooSlow, "body_too_slow"),
        (Self::Overload, "overload"),
        (Self::Denied, "denied"),
        (Self::Conflict, "conflict"),
        (Self::Outdated, "outdated"),
        (Self::Unidentified, "unidentified"),
        (Self::Unavailable, "unavailable"),
        (Self::Storage, "storage"),
    ];
}

/// What there is to tell of a function.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) id: FunctionId,
    pub(crate) metrics: Arc<FunctionMetrics>,
    pub(crate) statistics: ServiceStatistics,
}

/// What there is to tell of events.
#[derive(Debug, Default)]
pub(crate) struct EventsCounted {
    /// How many there are now, by state.
    pub(crate) now: Vec<(&'static str, u64)>,
    /// The bodies of all of them.
    pub(crate) bytes: u64,
    /// What happened to them since the node started.
    pub(crate) since_start: Vec<(&'static str, u64)>,
}

/// Counts of the whole server.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    refused: [AtomicU64; Refused::ALL.len()],
    /// Connections that were accepted.
    accepted: AtomicU64,
    /// Connections that ended.
    closed: AtomicU64,
}

impl Metrics {
    pub(crate) fn refused(&self, why: Refused) {
        self.refused[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn closed(&self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
    }

    /// Everything there is to tell, of the server, of these functions, and of events.
    pub(crate) fn text(
        &self,
        statistics: &NodeStatistics,
        lost_accounts: u64,
        functions: &[Counted],
        kept: &EventsCounted,
    ) -> String {
        let mut to = Exposition::default();
        self.write(&mut to);
        node::write(&mut to, statistics, lost_accounts);
        write_functions(&mut to, functions);
        events(&mut to, kept);
        to.finish()
    }

    /// What there is to tell of these functions.
    pub(crate) fn text_of(functions: &[Counted]) -> String {
        let mut to = Exposition::default();
        write_functions(&mut to, functions);
        to.finish()
    }

    fn write(&self, to: &mut Exposition) {
        let name = "mote_refused_total";
        to.family(name, "counter", "Requests that were answered without an invocation.");
        for (why, label) in Refused::ALL {
            to.sample(
                name,
                &[("reason", label)],
                self.refused[why as usize].load(Ordering::Relaxed),
            );
        }
        let accepted = self.accepted.load(Ordering::Relaxed);
        let open = accepted.saturating_sub(self.closed.load(Ordering::Relaxed));
        to.family("mote_connections_total", "counter", "Connections that were accepted.");
        to.sample("mote_connections_total", &[], accepted);
        to.family("mote_open_connections", "gauge", "Connections that are open.");
        to.sample("mote_open_connections", &[], open);
    }
}

type Functions<'a> = &'a [Counted];

fn write_functions(to: &mut Exposition, functions: Functions<'_>) {
    invocations(to, functions);
    durations(to, functions);
    resources(to, functions);
    strikes(to, functions);
}

fn invocations(to: &mut Exposition, functions: Functions<'_>) {
    let name = "mote_invocations_total";
    to.family(
        name,
        "counter",
        "Invocations that ended, by outcome and by the cleanup that was used.",
    );
    for Counted { id, metrics, .. } in functions {
        for &outcome in Outcome::ALL {
            for &cleanup in Cleanup::ALL {
                let count = metrics.ended(outcome, cleanup);
                let labels = [("outcome", outcome.name()), ("cleanup", cleanup.name())];
                if count > 0 {
                    to.sample_of(name, id, &labels, count);
                }
            }
        }
    }
}

fn durations(to: &mut Exposition, functions: Functions<'_>) {
    type Part = fn(&FunctionMetrics) -> &histogram::Histogram;
    let families: [(&str, &str, Part); 5] = [
        (
            "mote_request_seconds",
            "From a request's arrival to its answer, where its client waited for that.",
            |m| &m.request,
        ),
        ("mote_queue_seconds", "From a request's arrival until a worker had it.", |m| &m.queue),
        ("mote_start_seconds", "From there until its service was entered.", |m| &m.start),
        ("mote_run_seconds", "From the service's entry until its answer was there.", |m| &m.run),
        ("mote_late_seconds", "From a deadline until the service was stopped.", |m| &m.late),
    ];
    for (name, help, part) in families {
        to.family(name, "histogram", help);
        for Counted { id, metrics, .. } in functions {
            to.histogram(name, id, part(metrics));
        }
    }
}

fn resources(to: &mut Exposition, functions: Functions<'_>) {
    let name = "mote_billed_seconds_total";
    to.family(name, "counter", "Time that services ran.");
    for Counted { id, metrics, .. } in functions {
        to.sample_of(name, id, &[], metrics.billed_us() as f64 / 1e6);
    }
    let name = "mote_arena_bytes_total";
    to.family(name, "counter", "Memory that invocations held, each at its most.");
    for Counted { id, metrics, .. } in functions {
        to.sample_of(name, id, &[], metrics.arena_bytes());
    }
    let name = "mote_arena_peak_bytes";
    to.family(name, "gauge", "The most memory that one invocation held.");
    for Counted { id, metrics, .. } in functions {
        to.sample_of(name, id, &[], metrics.arena_peak_bytes());
    }
}

fn strikes(to: &mut Exposition, functions: Functions<'_>) {
    let name = "mote_strikes_total";
    to.family(name, "counter", "What is held against a function, by kind.");
    for Counted { id, statistics, .. } in functions {
        let strikes = statistics.strikes;
        let kinds = [
            ("unyielding", strikes.unyielding),
            ("denied_syscall", strikes.denied_syscalls),
            ("worker_lost", strikes.lost_workers),
        ];
        for (kind, count) in kinds.into_iter().filter(|&(_, count)| count > 0) {
            to.sample_of(name, id, &[("kind", kind)], count);
        }
    }
    let name = "mote_banned";
    to.family(name, "gauge", "Whether a function is banned.");
    for Counted { id, statistics, .. } in functions {
        to.sample_of(name, id, &[], u8::from(statistics.ban.is_some()));
    }
}

fn events(to: &mut Exposition, kept: &EventsCounted) {
    let name = "mote_events";
    to.family(name, "gauge", "Events that are kept, by state.");
    for &(state, count) in &kept.now {
        to.sample(name, &[("state", state)], count);
    }
    to.family("mote_events_bytes", "gauge", "The bodies of events that are kept.");
    to.sample("mote_events_bytes", &[], kept.bytes);
    let name = "mote_event_changes_total";
    to.family(name, "counter", "What happened to events.");
    for &(happening, count) in &kept.since_start {
        to.sample(name, &[("what", happening)], count);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const DASHBOARD: &str = include_str!("../../grafana.json");

    /// The names of metrics in `text`, without what a histogram adds to its own.
    fn names(text: &str) -> BTreeSet<&str> {
        let is_part = |c: char| c.is_ascii_lowercase() || c == '_';
        text.split(|c: char| !is_part(c))
            .filter(|word| word.starts_with("mote_"))
            .map(|word| word.strip_suffix("_bucket").unwrap_or(word))
            .collect()
    }

    #[test]
    fn dashboard_shows_every_family_and_nothing_else() {
        let metrics = Metrics::default();
        let told = metrics.text(&NodeStatistics::default(), 0, &[], &EventsCounted::default());
        let families = told.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let families = families.filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(names(DASHBOARD), families);
    }

    #[test]
    fn dashboard_is_json_with_panels_that_do_not_overlap() {
        let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
        let mut cells = BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let at = |name: &str| panel["gridPos"][name].as_u64().unwrap();
            let columns = at("x")..at("x") + at("w");
            assert!(columns.end <= 24, "{}", panel["title"]);
            for cell in columns.flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y))) {
                assert!(cells.insert(cell), "{} lies on another", panel["title"]);
            }
        }
    }
}
