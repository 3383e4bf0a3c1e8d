//! What functions logged lately, and what they log now, for operators.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use mote_dispatcher::{Completed, Outcome};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::functions::name::FunctionId;
use crate::functions::tenant::Tenant;

/// The most that is remembered, in bytes of JSON.
const RECENT_BYTES: usize = 1 << 20;

/// How many failures are told at once.
const FAILURES: usize = 20;

/// How many lines a reader may be behind before it loses some.
const BEHIND: usize = 1024;

/// One line, as `GET /v1/logs` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When its invocation ended, in milliseconds since 1970.
    pub time_ms: u64,
    /// The request, as its client was told.
    pub request: Uuid,
    /// The function; `TENANT/NAME` where it is not the default tenant's.
    pub function: String,
    /// Which state of it, as clients call it.
    pub version: String,
    /// How the invocation ended, where that is what the line tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What was logged, or what went wrong.
    pub text: String,
}

/// Lines, kept and sent on.
#[derive(Debug)]
pub(crate) struct Logs {
    recent: Mutex<Recent>,
    live: broadcast::Sender<Entry>,
}

/// A line of one function, in JSON with its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) function: String,
    pub(crate) json: Bytes,
    /// Whether it tells how an invocation failed.
    is_failure: bool,
}

#[derive(Debug, Default)]
struct Recent {
    lines: VecDeque<Entry>,
    bytes: usize,
}

impl Default for Logs {
    fn default() -> Self {
        Self { recent: Mutex::default(), live: broadcast::channel(BEHIND).0 }
    }
}

impl Logs {
    /// Takes what an invocation logged, and how it ended if that was not well.
    pub(crate) fn add(
        &self,
        id: Uuid,
        function: &FunctionId,
        version: &str,
        ended: &Completed,
        why: &str,
    ) {
        let line = |outcome: Option<Outcome>, text: &str| LogLine {
            time_ms: now_ms(),
            request: id,
            function: function.to_string(),
            version: version.to_owned(),
            outcome: outcome.map(|outcome| outcome.name().to_owned()),
            text: text.to_owned(),
        };
        ended.log.lines().for_each(|text| self.push(&line(None, text)));
        if ended.outcome != Outcome::Ok {
            self.push(&line(Some(ended.outcome), why));
        }
    }

    /// The lines that are remembered, and those that come.
    pub(crate) fn follow(&self) -> (Vec<Entry>, broadcast::Receiver<Entry>) {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        (recent.lines.iter().cloned().collect(), self.live.subscribe())
    }

    /// How invocations of `tenant` failed lately, the last first.
    pub(crate) fn failures(&self, tenant: &Tenant) -> Vec<LogLine> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = recent.lines.iter().rev().filter(|it| it.is_failure && is_of(it, tenant));
        let read = |entry: &Entry| serde_json::from_slice(&entry.json).ok();
        failed.filter_map(read).take(FAILURES).collect()
    }

    fn push(&self, line: &LogLine) {
        let Ok(mut json) = serde_json::to_vec(line) else { return };
        json.push(b'\n');
        let is_failure = line.outcome.is_some();
        let entry = Entry { function: line.function.clone(), json: json.into(), is_failure };
        // Both under the lock, so that nobody who begins to follow gets a line twice, or not at all.
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push(entry.clone());
        // Nobody may be reading.
        let _ = self.live.send(entry);
    }
}

/// Whether the entry's function, which is as [`FunctionId`] writes it, is the tenant's.
fn is_of(entry: &Entry, tenant: &Tenant) -> bool {
    match entry.function.split_once('/') {
        Some((its, _)) => its == tenant.name(),
        None => tenant.is_default(),
    }
}

impl Recent {
    fn push(&mut self, entry: Entry) {
        self.bytes += entry.json.len();
        self.lines.push_back(entry);
        while self.bytes > RECENT_BYTES {
            let Some(oldest) = self.lines.pop_front() else { return };
            self.bytes -= oldest.json.len();
        }
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LogLine {
        LogLine {
            time_ms: 1,
            request: Uuid::nil(),
            function: "f".to_owned(),
            version: "1".to_owned(),
            outcome: None,
            text: text.to_owned(),
        }
    }

    #[test]
    fn follower_gets_every_line_once() {
        let logs = Logs::default();
        logs.push(&line("before"));
        let (recent, mut live) = logs.follow();
        logs.push(&line("after"));
        assert_eq!(recent.len(), 1);
        let read: LogLine = serde_json::from_slice(&live.try_recv().unwrap().json).unwrap();
        assert_eq!(read, line("after"));
        assert!(live.try_recv().is_err());
    }

    #[test]
    fn failures_are_told_to_their_tenant_the_last_first() {
        let logs = Logs::default();
        for (function, outcome) in [("f", None), ("f", Some("panicked")), ("a/f", Some("fault"))] {
            let (function, outcome) = (function.to_owned(), outcome.map(str::to_owned));
            logs.push(&LogLine { function, outcome, ..line("why") });
        }
        logs.push(&LogLine { outcome: Some("error".to_owned()), ..line("last") });
        let told: Vec<_> =
            logs.failures(&Tenant::of_node()).into_iter().map(|it| it.text).collect();
        assert_eq!(told, ["last", "why"]);
    }

    #[test]
    fn oldest_lines_are_forgotten() {
        let logs = Logs::default();
        let long = "x".repeat(RECENT_BYTES / 4);
        for _ in 0..10 {
            logs.push(&line(&long));
        }
        assert_eq!(logs.follow().0.len(), 3);
    }
}
