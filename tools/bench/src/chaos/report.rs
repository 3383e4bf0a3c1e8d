//! What came of a run.

use std::collections::BTreeMap;

use mote_abi::outcome::Outcome;
use serde::Serialize;

use crate::chaos::faults::NAMES;
use crate::chaos::wire::Gauge;

/// Jobs that a worker that dies may take with it: one that runs, and those that are paused.
const LOST_WITH_A_WORKER: u64 = 8 + 16;

/// By how much memory may grow between a quarter of a run and its end, in KiB; and descriptors and mappings, in number.
const MEMORY_SLACK_KIB: u64 = 32 << 10;
const SLACK: u64 = 64;

/// What the checker counts.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) refused: u64,
    pub(super) twice: u64,
    pub(super) wrong: u64,
    pub(super) gauges: Vec<Gauge>,
    pub(super) replaced_us: Vec<u64>,
    pub(super) faults: BTreeMap<u64, u64>,
    outcomes: BTreeMap<&'static str, u64>,
    first_wrong: Option<String>,
}

impl Counts {
    pub(super) fn note_answer(&mut self, number: u64, outcome: Outcome, is_right: bool) {
        *self.outcomes.entry(outcome.name()).or_default() += 1;
        if !is_right {
            self.wrong += 1;
            self.first_wrong
                .get_or_insert_with(|| format!("request {number} ended {}", outcome.name()));
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whence it came.
    pub seed: u64,
    /// Requests that were sent.
    pub requests: u64,
    /// Of those: not accepted, because a queue was full or the service was gone.
    pub refused: u64,
    /// Neither answered nor refused.
    pub lost: u64,
    /// Answered more than once.
    pub twice: u64,
    /// Answered as they must not be.
    pub wrong: u64,
    /// The first of those.
    pub first_wrong: Option<String>,
    /// Workers that died.
    pub worker_deaths: u64,
    /// Starts of the node after the first.
    pub restarts: u64,
    /// From a worker's SIGKILL to the next in its place, in microseconds, of 99 in a hundred.
    pub replace_p99_us: Option<u64>,
    /// How requests ended.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// What was done to the node.
    pub faults: BTreeMap<&'static str, u64>,
    /// More answers `worker_lost` than workers that died can have taken with them.
    pub too_many_lost_with_workers: bool,
    /// Steps of requests that the node's journal refused.
    pub refused_steps: u64,
    /// At a quarter of the run, and at its end: memory in KiB, descriptors, mappings of the node's process.
    pub resources: [[u64; 3]; 2],
    /// Whether those did not grow.
    pub is_flat: bool,
}

impl Report {
    pub(super) fn new(seed: u64, requests: u64, counts: &Counts) -> Self {
        let outcomes = counts.outcomes.clone();
        let answered: u64 = outcomes.values().sum();
        let last = counts.gauges.last().copied().unwrap_or_default();
        let quarter = counts.gauges.get(counts.gauges.len() / 4).copied().unwrap_or_default();
        let [before, after] =
            [quarter, last].map(|it| [it.memory_kib, it.descriptors, it.mappings]);
        let slack = [MEMORY_SLACK_KIB, SLACK, SLACK];
        let grew = before
            .iter()
            .zip(after)
            .zip(slack)
            .any(|((before, after), slack)| after > before + slack);
        let lost_with_workers = outcomes.get("worker_lost").copied().unwrap_or(0);
        let mut replaced = counts.replaced_us.clone();
        replaced.sort_unstable();
        Self {
            seed,
            requests,
            refused: counts.refused,
            lost: requests - (answered + counts.refused).min(requests),
            twice: counts.twice,
            wrong: counts.wrong,
            first_wrong: counts.first_wrong.clone(),
            worker_deaths: last.workers_lost,
            restarts: 0,
            replace_p99_us: replaced
                .get((replaced.len() * 99).div_ceil(100).saturating_sub(1))
                .copied(),
            outcomes,
            faults: counts
                .faults
                .iter()
                .map(|(&kind, &count)| (NAMES[kind as usize % NAMES.len()], count))
                .collect(),
            too_many_lost_with_workers: lost_with_workers > last.workers_lost * LOST_WITH_A_WORKER,
            refused_steps: last.refused_steps,
            resources: [before, after],
            is_flat: !grew,
        }
    }

    /// Whether nothing was lost, repeated, wrong or leaked.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let faults = self.lost + self.twice + self.wrong + self.refused_steps;
        faults == 0 && !self.too_many_lost_with_workers && self.is_flat
    }

    /// It as a person reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let list = |counts: &BTreeMap<&str, u64>| {
            counts
                .iter()
                .map(|(name, count)| format!("{name} {count}"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let replaced = self.replace_p99_us.map_or("-".to_owned(), |us| format!("{us} us"));
        let [before, after] = self.resources;
        let verdict = if self.is_sound() { "sound" } else { "NOT SOUND" };
        let wrong = self.first_wrong.as_ref().map_or(String::new(), |first| format!(" ({first})"));
        format!(
            "seed {}: {verdict}\n\
             requests       {}, {} of them refused\n\
             lost           {}\n\
             twice          {}\n\
             wrong          {}{wrong}\n\
             outcomes       {}\n\
             faults         {}\n\
             worker deaths  {}, replaced within {replaced} (p99)\n\
             resources      {} KiB, {} descriptors, {} mappings; at a quarter {}, {}, {}\n",
            self.seed,
            self.requests,
            self.refused,
            self.lost,
            self.twice,
            self.wrong,
            list(&self.outcomes),
            list(&self.faults),
            self.worker_deaths,
            after[0],
            after[1],
            after[2],
            before[0],
            before[1],
            before[2],
        )
    }
}
