//! What many invocations add up to.

use std::collections::BTreeMap;

use mote_abi::outcome::{Cleanup, Outcome};
use mote_dispatcher::Completed;

use crate::status::Status;
use mote_bench::format::table;
use mote_bench::format::units::{grouped, human_ns};
use mote_bench::stats::latency::{Percentiles, Times};

/// Outcomes counted, and times gathered.
#[derive(Debug, Default)]
pub(super) struct Summary {
    ends: BTreeMap<(Outcome, Cleanup), u64>,
    first_bad: Option<Outcome>,
    latency: Times,
    total: Times,
    late: Times,
    cleanup: Times,
}

impl Summary {
    /// Counts one; `true` if it is the first whose outcome is not `ok`.
    pub(super) fn add(&mut self, completed: &Completed) -> bool {
        *self.ends.entry((completed.outcome, completed.cleanup)).or_default() += 1;
        self.latency.extend(completed.latency_ns);
        self.total.add(completed.total_ns);
        self.late.extend(completed.late_ns);
        self.cleanup.extend(completed.cleanup_ns);
        self.note_end(completed.outcome)
    }

    fn note_end(&mut self, outcome: Outcome) -> bool {
        let is_first_bad = outcome != Outcome::Ok && self.first_bad.is_none();
        if is_first_bad {
            self.first_bad = Some(outcome);
        }
        is_first_bad
    }

    /// How many were counted.
    pub(super) fn count(&self) -> u64 {
        self.total.count()
    }

    /// That of the first outcome that was not `ok`.
    pub(super) fn status(&self) -> Status {
        self.first_bad.map_or(Status::Done, Status::Ended)
    }

    /// Counts and percentiles, for a person whose terminal has so many columns.
    pub(super) fn described(&self, columns: Option<usize>) -> String {
        let ends = self.ends.iter().map(|((outcome, cleanup), &count)| {
            format!("{} {outcome} ({cleanup})", grouped(count))
        });
        let line = ends.collect::<Vec<_>>().join(", ");
        format!("{line}\n{}", self.percentile_table(columns))
    }

    fn percentile_table(&self, columns: Option<usize>) -> String {
        let headings = ["", "samples", "p50", "p90", "p99", "p99.9", "max"];
        let mut percentiles = table::table(&headings, 1);
        let kinds = [
            ("latency", &self.latency),
            ("total", &self.total),
            ("late by", &self.late),
            ("cleanup", &self.cleanup),
        ];
        for (name, times) in kinds {
            if let Some(found) = times.percentiles() {
                percentiles.add_row(percentile_row(name, &found));
            }
        }
        table::drawn(&percentiles, columns)
    }
}

fn percentile_row(name: &str, found: &Percentiles) -> Vec<String> {
    let some = |time_ns: Option<u64>| time_ns.map_or_else(|| "–".to_owned(), human_ns);
    let times = [Some(found.p50_ns), found.p90_ns, found.p99_ns, found.p999_ns, Some(found.max_ns)];
    [name.to_owned(), grouped(found.samples)].into_iter().chain(times.map(some)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_that_of_the_first_bad_outcome() {
        let mut summary = Summary::default();
        assert_eq!(summary.status(), Status::Done);
        let noted = [Outcome::Ok, Outcome::Panicked, Outcome::OverBudget, Outcome::Ok]
            .map(|outcome| summary.note_end(outcome));
        assert_eq!(noted, [false, true, false, false]);
        assert_eq!(summary.status(), Status::Ended(Outcome::Panicked));
    }

    #[test]
    fn row_marks_what_too_few_samples_cannot_tell() {
        let found = (1..=100).collect::<Times>().percentiles().unwrap();
        let row = percentile_row("latency", &found);
        assert_eq!(row, ["latency", "100", "50 ns", "90 ns", "99 ns", "–", "100 ns"]);
    }
}
