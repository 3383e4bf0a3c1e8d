//! What came of the cases: the rows of the table, and the object of `--json`.

use std::collections::BTreeMap;

use mote_abi::outcome::{Cleanup, Mode, Outcome};
use mote_dispatcher::Completed;
use serde::Serialize;

use super::plan::{Case, Timed};
use crate::floors::{Cores, Floors};
use crate::machine::Machine;
use crate::stats::latency::{Percentiles, Times};
use crate::stats::tokens::TokenCounts;

/// What came of one case. Serialized through [`RowJson`].
#[derive(Clone, Debug, Serialize)]
#[serde(into = "RowJson")]
pub(super) struct Row {
    pub(super) service: &'static str,
    pub(super) mode: Mode,
    pub(super) timed: Timed,
    pub(super) outcomes: BTreeMap<Outcome, u64>,
    pub(super) cleanups: BTreeMap<Cleanup, u64>,
    /// Summed over all invocations.
    pub(super) tokens: TokenCounts,
    pub(super) times: Times,
}

impl Row {
    pub(super) fn new(case: &Case) -> Self {
        Self {
            service: case.service,
            mode: case.mode,
            timed: case.timed,
            outcomes: BTreeMap::new(),
            cleanups: BTreeMap::new(),
            tokens: TokenCounts::default(),
            times: Times::new(),
        }
    }

    /// Counts one invocation, and its time if it has one.
    pub(super) fn add(&mut self, completed: &Completed, time_ns: Option<u64>) {
        *self.outcomes.entry(completed.outcome).or_default() += 1;
        *self.cleanups.entry(completed.cleanup).or_default() += 1;
        self.tokens += (&completed.tokens).into();
        self.times.extend(time_ns);
    }

    /// How many invocations were preempted.
    pub(super) fn kills(&self) -> u64 {
        if self.timed == Timed::Lateness { self.times.count() } else { 0 }
    }
}

/// A row as JSON has it.
#[derive(Clone, Debug, Serialize)]
struct RowJson {
    service: &'static str,
    mode: &'static str,
    measured: &'static str,
    outcomes: BTreeMap<&'static str, u64>,
    cleanups: BTreeMap<&'static str, u64>,
    tokens: TokenCounts,
    times: Option<Percentiles>,
}

impl From<Row> for RowJson {
    fn from(row: Row) -> Self {
        Self {
            service: row.service,
            mode: row.mode.name(),
            measured: row.timed.name(),
            outcomes: row.outcomes.iter().map(|(outcome, &n)| (outcome.name(), n)).collect(),
            cleanups: row.cleanups.iter().map(|(cleanup, &n)| (cleanup.name(), n)).collect(),
            tokens: row.tokens,
            times: row.times.percentiles(),
        }
    }
}

/// All that the demo has to tell. The names of the fields are those in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    pub(super) machine: Machine,
    pub(super) toolchain: &'static str,
    pub(super) cores: Option<Cores>,
    pub(super) floors: Floors,
    pub(super) rows: Vec<Row>,
    /// Invocations that were preempted.
    pub(super) killed: u64,
    /// After each bad end, the worker was asked something ordinary: so often.
    pub(super) asked: u64,
    /// And so often the same process gave the right answer.
    pub(super) answered: u64,
    pub(super) worker_pid: Option<u32>,
}

impl Results {
    /// Whether after each bad end the same worker gave the right answer.
    #[must_use]
    pub const fn has_every_answer(&self) -> bool {
        self.answered == self.asked
    }

    /// The row of a service that is timed like this.
    pub(super) fn find(&self, service: &str, timed: Timed) -> Option<Percentiles> {
        let mut rows = self.rows.iter();
        rows.find(|row| row.service == service && row.timed == timed)?.times.percentiles()
    }
}

/// Results of a machine whose cache lines take 150 ns and whose signals take 10 µs.
#[cfg(test)]
pub(super) fn sample() -> Results {
    let always = |time_ns| [time_ns; 1_000].into_iter().collect::<Times>();
    let row = |service, timed, (outcome, cleanup), time_ns| Row {
        outcomes: BTreeMap::from([(outcome, 1_000)]),
        cleanups: BTreeMap::from([(cleanup, 1_000)]),
        times: always(time_ns),
        ..Row::new(&Case { service, mode: Mode::Guarded, timed, samples: 1_000 })
    };
    let returned = (Outcome::Ok, Cleanup::Returned);
    let mut killed = row("spin", Timed::Lateness, (Outcome::OverBudget, Cleanup::Unwound), 10_500);
    killed.tokens = TokenCounts { created: 30, released: 20, reclaimed: 10, double_released: 0 };
    Results {
        machine: Machine { cpu: "A".into(), cores: 2, kernel: "6".into(), is_virtual: false },
        toolchain: "rustc",
        cores: Cores::of(Some(0), Some(1)),
        floors: Floors {
            cache_line_one_way: always(150).percentiles(),
            signal_to_handler: always(10_000).percentiles(),
            system_call: always(90).percentiles(),
            clock_reading: always(20).percentiles(),
        },
        rows: vec![
            row("timestamp", Timed::Warm, returned, 300),
            row("timestamp", Timed::Cold, returned, 900),
            killed,
        ],
        killed: 1_000,
        asked: 10,
        answered: 10,
        worker_pid: Some(7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_answer_is_noticed() {
        assert!(sample().has_every_answer());
        assert!(!Results { answered: 9, ..sample() }.has_every_answer());
    }

    #[test]
    fn json_names_outcomes_and_their_counts() {
        let json = serde_json::to_value(sample()).unwrap();
        let killed = &json["rows"][2];
        assert_eq!(killed["outcomes"]["over_budget"], 1_000);
        assert_eq!(json["rows"][0]["times"]["p999_ns"], 300);
        assert_eq!(killed["tokens"]["released"], 20);
        assert_eq!(json["floors"]["cache_line_one_way"]["p50_ns"], 150);
    }
}
