//! Tries on this processor whether breakpoints stop services without harm: running services are stopped at random
//! moments and go on, or are killed, and every answer is compared.
//!
//! ```text
//!  waiting    stop, wait until a breakpoint is met, restore      the service goes on
//!  at once    stop, restore without waiting                      most traps find nothing
//!  kills      a deadline at a random moment                      a canary answers afterwards
//! ```

use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Job, Node, NodeConfig, Processor, ServiceId, Source};
use serde::Serialize;

use crate::bundle;
use crate::contenders::node::ended_as;
use crate::error::Error;
use crate::random::Random;

/// What is stopped: vector code, collections, and something of everything.
const SERVICES: &[&str] = &["sha512", "wordcount", "turns"];
/// Breakpoints that wait stand for so long at most, in nanoseconds.
const PATIENT_NS: u64 = if cfg!(debug_assertions) { 50_000 } else { 20_000 };
/// Between two stops of one service at most, in nanoseconds.
const APART_NS: usize = 8_000;
/// What nothing here reaches, in microseconds.
const AMPLE_US: u32 = 10_000_000;
/// A kill's deadline at most, in microseconds.
const KILLED_WITHIN_US: usize = 100;

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Stops after which the service goes on.
    pub stops: u64,
    /// Services that are killed.
    pub kills: u64,
}

/// What a storm found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The model of processors.
    pub processor: String,
    /// Stops after which the service went on.
    pub stops: u64,
    /// Of those, breakpoints that were met while they stood.
    pub met: u64,
    /// Services that were killed.
    pub kills: u64,
    /// Traps on breakpoints that had been restored by then.
    pub stale_traps: u64,
    /// Invocations that ended otherwise than undisturbed, or whose worker was lost.
    pub wrong: u64,
}

impl Report {
    /// Whether breakpoints did no harm, and were met at all.
    #[must_use]
    pub fn is_trustworthy(&self) -> bool {
        self.wrong == 0 && self.met > 0
    }
}

/// What is stopped, and what it must answer.
struct Work {
    service: ServiceId,
    body: Vec<u8>,
    answer: Vec<u8>,
}

struct Storm {
    node: Node,
    works: Vec<Work>,
    random: Random,
    report: Report,
}

/// Runs a storm of this size. `None` where no worker has a processor to itself: breakpoints are not used there.
///
/// # Errors
/// The services cannot be built, or the node does not start.
pub fn run(size: Size, bar: &ProgressBar) -> Result<Option<Report>, Error> {
    let images = bundle::images(SERVICES, bar)?;
    let mut node = Node::start(&NodeConfig {
        workers: 1,
        source: Source::Breakpoint,
        unlisted_processor: true,
        ..NodeConfig::default()
    })?;
    if node.worker_sources() != [Source::Breakpoint] {
        return Ok(None);
    }
    let works = images.into_iter().map(|it| Work::new(&mut node, it.name, it.image));
    let works = works.collect::<Result<_, _>>()?;
    let report = Report {
        processor: Processor::this().to_string(),
        stops: 0,
        met: 0,
        kills: 0,
        stale_traps: 0,
        wrong: 0,
    };
    let mut storm = Storm { node, works, random: Random::new(), report };
    bar.set_length(size.stops + size.kills);
    storm.resumed(PATIENT_NS, size.stops / 2, bar)?;
    storm.resumed(0, size.stops, bar)?;
    storm.report.stale_traps = storm.node.stale_traps();
    storm.killed(size.kills, bar)?;
    Ok(Some(storm.report))
}

impl Work {
    fn new(node: &mut Node, name: &str, image: Vec<u8>) -> Result<Self, Error> {
        let service = node.deploy(name, image)?;
        let body = match name {
            "turns" => b"3000".to_vec(),
            _ => (0..200_000_u32)
                .flat_map(|at| [b'a' + (at % 1_000 * (at % 1_000) % 23) as u8, b' '])
                .collect(),
        };
        let mut work = Self { service, body, answer: Vec::new() };
        let ended = node.invoke(work.job())?;
        ended_as(Outcome::Ok, &ended)?;
        work.answer = ended.body;
        Ok(work)
    }

    /// A job that nobody stops.
    fn job(&self) -> Job<'_> {
        Job {
            service: self.service,
            body: &self.body,
            mode: Mode::Guarded,
            heap: Heap::General,
            budget_us: AMPLE_US,
            grace_us: AMPLE_US,
            memory_kib: 16 << 10,
        }
    }
}

impl Storm {
    /// Stops that last `poison_ns` at most, until there are `stops` in all.
    fn resumed(&mut self, poison_ns: u64, stops: u64, bar: &ProgressBar) -> Result<(), Error> {
        let mut next = (0..self.works.len()).cycle();
        while self.report.stops < stops && self.report.wrong == 0 {
            self.disturb(next.next().unwrap_or_default(), poison_ns)?;
            let counts = self.node.stop_counts();
            self.report.met = counts.met;
            self.report.stops = counts.met + counts.over + counts.late;
            bar.set_position(self.report.stops);
        }
        Ok(())
    }

    /// Runs one service under stops a few microseconds apart.
    fn disturb(&mut self, work: usize, poison_ns: u64) -> Result<(), Error> {
        let Self { node, works, random, report } = self;
        let work = &works[work];
        node.submit(work.job())?;
        let ended = loop {
            if let Some(ended) = node.poll() {
                break ended;
            }
            let apart = Duration::from_nanos(random.below(APART_NS) as u64);
            let begun = Instant::now();
            while begun.elapsed() < apart {}
            node.disturb(0, poison_ns);
        };
        let is_right = ended.outcome == Outcome::Ok && ended.body == work.answer;
        report.wrong += u64::from(!is_right);
        Ok(())
    }

    fn killed(&mut self, kills: u64, bar: &ProgressBar) -> Result<(), Error> {
        while self.report.kills < kills && self.report.wrong == 0 {
            let work = &self.works[self.random.below(self.works.len())];
            let mode = Mode::ALL[self.random.below(Mode::ALL.len())];
            let budget_us = 1 + self.random.below(KILLED_WITHIN_US) as u32;
            let grace_us = 1 + self.random.below(3 * KILLED_WITHIN_US) as u32;
            let ended = self.node.invoke(Job { mode, budget_us, grace_us, ..work.job() })?;
            let is_right = match ended.outcome {
                Outcome::Ok => ended.body == work.answer,
                outcome => outcome == Outcome::OverBudget,
            };
            self.report.kills += u64::from(ended.outcome == Outcome::OverBudget);
            self.report.wrong += u64::from(!is_right);
            bar.set_position(self.report.stops + self.report.kills);
        }
        (0..self.works.len()).try_for_each(|work| self.disturb(work, PATIENT_NS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storm_is_trustworthy_when_breakpoints_were_met_and_all_answers_right() {
        let report = Report {
            processor: "X".to_owned(),
            stops: 2,
            met: 1,
            kills: 1,
            stale_traps: 1,
            wrong: 0,
        };
        assert!(report.is_trustworthy());
        assert!(!Report { wrong: 1, ..report.clone() }.is_trustworthy());
        assert!(!Report { met: 0, ..report }.is_trustworthy(), "nothing was tried");
    }
}
