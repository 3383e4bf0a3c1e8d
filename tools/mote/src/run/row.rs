//! One invocation as one JSON object: what `mote run --json` prints, a line each.

use mote_bench::stats::tokens::TokenCounts;
use mote_dispatcher::{Completed, Unwinding};
use serde::Serialize;

use super::body::Body;

/// One invocation. The names of its fields are the names in JSON; times are nanoseconds.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row<'a> {
    /// The service's name.
    pub(crate) service: &'a str,
    /// An outcome's name: `ok`, `error`, `panicked`, `over_budget` and so on.
    pub(crate) outcome: &'static str,
    /// A cleanup's name: `returned`, `unwound` or `discarded`.
    pub(crate) cleanup: &'static str,
    /// The response's body.
    #[serde(flatten)]
    pub(crate) body: Body,
    /// The error's text or the panic's message.
    pub(crate) error: Option<&'a str>,
    /// From the dispatcher's stamp before publishing the request to the entry of the service. A cold
    /// start's stamp is taken before placing. Null when not known.
    pub(crate) latency_ns: Option<u64>,
    /// From the same stamp to the completion being taken by the dispatcher.
    pub(crate) total_ns: u64,
    /// The budget, in microseconds.
    pub(crate) budget_us: u32,
    /// From the deadline to the handler that acted on it; null if the service was not preempted.
    pub(crate) late_ns: Option<u64>,
    /// How often it was paused so that another could run.
    pub(crate) pauses: u32,
    /// The worker process that ran it.
    pub(crate) worker_pid: u32,
    /// The most that the arena held at once, in bytes.
    pub(crate) arena_peak_bytes: u64,
    /// What became of the countable host handles.
    pub(crate) tokens: TokenCounts,
    /// From the handler that acted to the worker being ready again; null if not preempted.
    pub(crate) cleanup_ns: Option<u64>,
    /// Landing pads that ran.
    pub(crate) landing_pads: u16,
    /// Frames that were unwound.
    pub(crate) frames: u16,
    /// Frames whose language-specific data did not cover the interrupted instruction.
    pub(crate) gaps: u16,
    /// What the service logged.
    pub(crate) log: &'a str,
}

impl<'a> Row<'a> {
    /// What `completed` says of an invocation of `service`.
    #[must_use]
    pub(crate) fn of(service: &'a str, completed: &'a Completed) -> Self {
        let &Unwinding { landing_pads, frames, gaps, .. } = &completed.unwinding;
        Self {
            service,
            outcome: completed.outcome.name(),
            cleanup: completed.cleanup.name(),
            body: Body::of(&completed.body),
            error: completed.error.as_deref(),
            latency_ns: completed.latency_ns,
            total_ns: completed.total_ns,
            budget_us: completed.budget_us,
            late_ns: completed.late_ns,
            pauses: completed.pauses,
            worker_pid: completed.worker_pid,
            arena_peak_bytes: completed.arena_peak_bytes,
            tokens: (&completed.tokens).into(),
            cleanup_ns: completed.cleanup_ns,
            landing_pads,
            frames,
            gaps,
            log: &completed.log,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row<'static> {
        Row {
            service: "spin",
            outcome: "over_budget",
            cleanup: "discarded",
            body: Body::of(b""),
            error: None,
            latency_ns: Some(300),
            total_ns: 120_000,
            budget_us: 100,
            late_ns: Some(900),
            pauses: 2,
            worker_pid: 7,
            arena_peak_bytes: 0,
            tokens: TokenCounts { created: 3, released: 1, reclaimed: 2, double_released: 0 },
            cleanup_ns: Some(150),
            landing_pads: 0,
            frames: 0,
            gaps: 0,
            log: "",
        }
    }

    #[test]
    fn row_has_every_promised_field_when_serialized() {
        let json = serde_json::to_value(row()).unwrap();
        let promised = "service outcome cleanup body error latency_ns total_ns budget_us late_ns \
                        pauses worker_pid arena_peak_bytes tokens cleanup_ns landing_pads frames gaps log";
        for name in promised.split(' ') {
            assert!(json.get(name).is_some(), "no {name} in {json}");
        }
        let tokens = r#"{"created":3,"double_released":0,"reclaimed":2,"released":1}"#;
        assert_eq!(json["tokens"].to_string(), tokens);
    }

    #[test]
    fn row_has_nulls_for_what_did_not_happen() {
        let json = serde_json::to_value(Row { late_ns: None, ..row() }).unwrap();
        assert!(json["late_ns"].is_null() && json["error"].is_null(), "{json}");
        assert!(json.get("body_encoding").is_none(), "{json}");
    }
}
