//! A session: batches of programs, on all processors, until the time is over.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use mote_abi::outcome::Mode;
use mote_builder::Profile;

use super::batch::Batch;
use super::find::Find;
use super::generate;
use super::grammar;
use super::hunt::Hunt;
use super::judge::Judge;
use super::report::{self, Report};
use super::sweep::{Manner, Sweeps};
use super::trial::{self, Trial};
use super::wrong::Wrong;
use crate::error::Error;
use crate::samples::Samples;
use crate::torture::canaries::Canaries;

/// Programs that are built together.
const BATCH: u64 = 24;

/// One batch of so many is not optimised: its landing pads are others.
const DEBUG_EVERY: u64 = 4;

/// What is fuzzed, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// The first program's seed.
    pub seed: u64,
    /// No program is begun later than this after the beginning.
    pub time: Duration,
    /// At most so many programs.
    pub programs: u64,
    /// The modes in which each is preempted.
    pub modes: &'a [Mode],
    /// Injections of a sweep, about, at most.
    pub most_points: u64,
    /// After this long, the smallest program that fails by then will do.
    pub shrinking: Duration,
    /// Where finds are written.
    pub finds: &'a Path,
    /// A program that judges.
    pub oracle: Option<&'a str>,
    /// Where each injection is written.
    pub samples: Option<&'a Samples>,
    /// Whether the worker drops twice when it unwinds, on purpose.
    pub is_planted: bool,
}

/// What the lanes share.
struct Shared<'a> {
    session: &'a Session<'a>,
    trial: Trial<'a>,
    begun: Instant,
    next: AtomicU64,
    is_stopped: AtomicBool,
    report: Mutex<Report>,
    /// What was found wrong: once of each kind is enough.
    known: Mutex<BTreeSet<Wrong>>,
    bar: &'a ProgressBar,
}

impl Session<'_> {
    /// Fuzzes, and shows on `bar` how far it is.
    ///
    /// # Errors
    /// A program does not build, a worker breaks down, the oracle fails, or a file cannot be written.
    pub fn run(&self, bar: &ProgressBar) -> Result<Report, Error> {
        let canaries = Canaries::build()?;
        let most_points = self.most_points;
        let sweeps = Sweeps { canaries: &canaries, most_points, is_planted: self.is_planted };
        let judge = Judge::new(self.oracle, self.samples)?;
        let shared = Shared {
            session: self,
            trial: Trial { sweeps, judge },
            begun: Instant::now(),
            next: AtomicU64::new(0),
            is_stopped: AtomicBool::new(false),
            report: Mutex::new(Report::new(self.seed)),
            known: Mutex::default(),
            bar,
        };
        shared.run()?;
        bar.finish_and_clear();
        Ok(shared.finish())
    }
}

impl Shared<'_> {
    /// A lane for each processor. The first error stops all.
    fn run(&self) -> Result<(), Error> {
        let lanes = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            let lane = || self.lane().inspect_err(|_| self.is_stopped.store(true, Relaxed));
            let all: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
            all.into_iter().try_for_each(|lane| lane.join().expect("lanes do not panic"))
        })
    }

    fn lane(&self) -> Result<(), Error> {
        let folder = tempfile::tempdir().map_err(Error::Temporary)?;
        while let Some(number) = self.next_batch() {
            self.batch(number, folder.path())?;
        }
        Ok(())
    }

    fn next_batch(&self) -> Option<u64> {
        let number = self.next.fetch_add(1, Relaxed);
        let is_left = number * BATCH < self.session.programs;
        (is_left && !self.is_over()).then_some(number)
    }

    fn is_over(&self) -> bool {
        self.is_stopped.load(Relaxed) || self.begun.elapsed() >= self.session.time
    }

    fn batch(&self, number: u64, folder: &Path) -> Result<(), Error> {
        let numbers = number * BATCH..((number + 1) * BATCH).min(self.session.programs);
        let seeds = numbers.map(|number| self.session.seed.wrapping_add(number));
        let is_debug = number % DEBUG_EVERY == DEBUG_EVERY - 1;
        let profile = if is_debug { Profile::Debug } else { Profile::Release };
        let batch = Batch::build(folder, seeds.map(generate::program).collect(), profile)?;
        let differences = trial::differences(&batch, folder)?;
        for (number, difference) in differences.into_iter().enumerate() {
            if self.is_over() {
                break;
            }
            self.program(&batch, number, difference.as_deref(), folder)?;
        }
        Ok(())
    }

    /// Sweeps one program in each manner.
    fn program(
        &self,
        batch: &Batch,
        number: usize,
        difference: Option<&str>,
        folder: &Path,
    ) -> Result<(), Error> {
        if difference.is_some() {
            self.hunt(batch, number, Wrong::Differs, folder)?;
        }
        let every = self.trial.sweeps.every(batch, number)?;
        for manner in self.session.modes.iter().copied().flat_map(Manner::all) {
            let judged = self.trial.judged(batch, number, manner, every)?;
            let worst = judged.verdicts.iter().copied().max();
            self.report.lock().expect("nobody panics").add(manner, &judged.verdicts);
            self.bar.inc(judged.verdicts.len() as u64);
            if let Some(verdict) = worst.filter(|&worst| report::is_unsound(worst)) {
                self.hunt(batch, number, Wrong::Unsound { manner, verdict }, folder)?;
            }
        }
        let mut report = self.report.lock().expect("nobody panics");
        report.programs += 1;
        report.differing += u64::from(difference.is_some());
        report.covered.extend(batch.programs[number].productions());
        self.bar.set_message(format!(
            "{} programs, {} finds",
            report.programs,
            self.known.lock().expect("nobody panics").len()
        ));
        Ok(())
    }

    /// The first of each kind is shrunk and written.
    fn hunt(&self, batch: &Batch, number: usize, wrong: Wrong, folder: &Path) -> Result<(), Error> {
        if !self.known.lock().expect("nobody panics").insert(wrong.clone()) {
            return Ok(());
        }
        let after_s = self.begun.elapsed().as_secs_f64();
        let program = &batch.programs[number];
        self.bar.println(format!("seed {}: {wrong}; it is being shrunk", program.seed));
        let (trial, profile) = (&self.trial, batch.profile);
        let (folder, time) = (&folder.join("hunt"), self.session.shrinking);
        let hunt = Hunt { trial, wrong, profile, folder, time };
        let shrunk = hunt.run(program)?;
        let mut find = Find::new(program, &shrunk, hunt.wrong, profile, after_s);
        find.write(self.session.finds, &shrunk.program)?;
        self.report.lock().expect("nobody panics").finds.push(find);
        Ok(())
    }

    fn finish(self) -> Report {
        let mut report = self.report.into_inner().expect("nobody panics");
        let missed = grammar::all().map(|production| production.name);
        report.missed = missed.filter(|name| !report.covered.contains(name)).collect();
        report.seconds = self.begun.elapsed().as_secs_f64();
        report
    }
}
