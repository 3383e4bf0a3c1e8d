//! One worker by itself that runs one invocation step by step and preempts it at each instruction.
//!
//! [`Sweep::start`] places the service and the canaries in a zone of their own, writes the request and the requests, and
//! starts the worker; then it works by itself, and [`Sweep::progress`] and [`Sweep::points`] read what it has found. What
//! it writes is an allegation here too: records are copied out, and every bit pattern is one.

mod case;
mod error;
mod placing;

use std::os::fd::AsFd;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use mote_abi::area::fds;
use mote_abi::message::Words;
use mote_abi::torture::{
    Head, MAX_RECORDS, RECORD_BYTES, RECORDS_OFFSET, RESULTS_BYTES, Record, answer_sum,
};
use mote_loader::Placed;

use crate::config::{MAX_SLICE_US, NodeConfig};
use crate::images::zones::Zones;
use crate::isolation::enclosure::Enclosure;
use crate::isolation::layer::Layer;
use crate::isolation::layout::Layout;
use crate::node::error::NodeError;
use crate::node::requirements;
use crate::pool::areas::Areas;
use crate::pool::process::{Death, LastingFiles, Process};
use crate::pool::program::{TORTURE_PROGRAM, WorkerProgram};
use crate::pool::start::{self, Duty, LastWords};
use crate::sched::cpus::Post;
use crate::sys::mapping::Mapping;
use crate::sys::memory_file::{memory_file, program_file};

use placing::{THE_WORKER, place_all};

pub use case::{Canaries, Canary, Case, Request};
pub use error::SweepError;
pub use mote_abi::torture::{Record as Point, damage, facts};

/// A torture worker forks at each instruction, and maps memory.
const NOT_KEPT: [Layer; 2] = [Layer::Limits, Layer::Filter];

/// From the injection to the end of a child that hangs, beyond the grace, in microseconds.
const HANG_US: u32 = 2_000_000;

/// The torture worker: an ELF file, linked at 0, for the names of host functions.
#[must_use]
pub fn program() -> &'static [u8] {
    TORTURE_PROGRAM
}

/// How far a sweep has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Instructions in reach that were executed.
    pub instructions: u64,
    /// Injections whose record is complete.
    pub points: u64,
    /// Whether the tortured invocation came to its own end: no instruction is left.
    pub is_ended: bool,
}

/// A sweep under way. Dropping it kills the worker.
#[derive(Debug)]
pub struct Sweep {
    process: Process,
    results: Mapping,
    layout: Layout,
    text_address: u64,
    // The worker maps what these own.
    _areas: Areas,
    _zones: Zones,
    _placed: Vec<Placed>,
}

impl Sweep {
    /// Starts the worker on `case`; after each injection it is asked the `canaries`.
    ///
    /// # Errors
    /// An image is refused or does not fit, or the machine lacks something.
    pub fn start(case: &Case<'_>, canaries: &Canaries<'_>) -> Result<Self, SweepError> {
        requirements::check()?;
        let layout = Layout::of_seed(case.layout_seed);
        let worker =
            WorkerProgram::new(TORTURE_PROGRAM, layout.program).map_err(NodeError::from)?;
        let zones = Zones::new(1, layout.zones, &worker.imports, 1);
        let mut zones = zones.map_err(NodeError::from)?;
        let (areas, files) =
            Areas::create().map_err(NodeError::system("create a worker's areas"))?;
        let config = config(case, canaries);
        let (base, post) = (layout.zones, Post::ANYWHERE);
        start::fill(&areas.inbox().start, &config, base, post, Duty::Serving);
        let results_file = memory_file("mote-results", RESULTS_BYTES)
            .map_err(NodeError::system("create the results of a sweep"))?;
        let results = Mapping::new(results_file.as_fd(), RESULTS_BYTES)
            .map_err(NodeError::system("map the results of a sweep"))?;
        write(results.head(), case, canaries);
        let (placed, text_address) = place_all(&mut zones, base, &areas, case, canaries)?;
        let program = program_file("mote-torture-worker", &worker.bytes)
            .map_err(NodeError::system("put the torture worker into a memory file"))?;
        let windows = zones.files(THE_WORKER).map_err(NodeError::from)?;
        let enclosure = Enclosure::prepare(&NOT_KEPT, &worker.text, base)
            .map_err(NodeError::system("prepare the isolation of the torture worker"))?;
        enclosure.fill(&areas.inbox().lockdown);
        let program = program.as_fd();
        let lasting = LastingFiles { program, windows: &windows, enclosure: &enclosure };
        let extra = Some((results_file.as_fd(), fds::RESULTS));
        let process = Process::start_with(lasting, &files, extra)
            .map_err(NodeError::system("start the torture worker"))?;
        Ok(Self {
            process,
            results,
            layout,
            text_address,
            _areas: areas,
            _zones: zones,
            _placed: placed,
        })
    }

    /// The address at which the target's text lies in the worker.
    #[must_use]
    pub fn text_address(&self) -> u64 {
        self.text_address
    }

    /// Where program and zones lie in the worker.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let progress = &self.head().progress;
        Progress {
            instructions: progress.instructions.load(Relaxed),
            points: progress.records.load(Acquire).min(MAX_RECORDS as u64),
            is_ended: progress.is_ended.load(Acquire) == 1,
        }
    }

    /// Whether the worker has done its work. Never blocks.
    ///
    /// # Errors
    /// It ended otherwise.
    pub fn is_over(&mut self) -> Result<bool, SweepError> {
        let Some(death) = self.process.death() else { return Ok(false) };
        let status = &self.head().status;
        let last_words = LastWords::of(status);
        if self.head().progress.is_begun.load(Acquire) != 1 {
            let progress = start::Progress::of(status);
            return Err(SweepError::NotBegun { death, progress, last_words });
        }
        if death != Death::Exited(0) {
            let points = self.progress().points;
            return Err(SweepError::Broken { points, death, last_words });
        }
        Ok(true)
    }

    /// How the undisturbed invocation ended.
    #[must_use]
    pub fn baseline(&self) -> Point {
        let words: Words = std::array::from_fn(|i| self.head().progress.baseline[i].load(Relaxed));
        Record::from_words(words)
    }

    /// The records with numbers `from` up to the last complete one.
    #[must_use]
    pub fn points(&self, from: u64) -> Vec<Point> {
        let count = self.progress().points.saturating_sub(from) as usize;
        let offset = RECORDS_OFFSET + from as usize * RECORD_BYTES;
        if count == 0 {
            return Vec::new();
        }
        let bytes = self.results.copy_out(offset, count * RECORD_BYTES);
        bytes.chunks_exact(RECORD_BYTES).map(record).collect()
    }

    fn head(&self) -> &Head {
        self.results.head()
    }
}

fn record(bytes: &[u8]) -> Record {
    let word = |i: usize| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[i * 8..i * 8 + 8]);
        u64::from_le_bytes(word)
    };
    Record::from_words(std::array::from_fn(word))
}

fn config(case: &Case<'_>, canaries: &Canaries<'_>) -> NodeConfig {
    let needs = canaries.iter().map(|canary| canary.request.memory_kib);
    let arena_kib = needs.chain([case.memory_kib]).max().unwrap_or_default();
    let slice_us = case.pauses.then_some(MAX_SLICE_US);
    NodeConfig { arena_kib, spin_us: 0, slice_us, stack_slots: 2, ..NodeConfig::default() }
}

fn write(head: &Head, case: &Case<'_>, canaries: &Canaries<'_>) {
    let to = &head.request;
    to.first.store(case.first, Relaxed);
    to.end.store(case.end, Relaxed);
    to.every.store(case.every.max(1), Relaxed);
    to.reaches_host.store(case.reaches_host.into(), Relaxed);
    to.grace_us.store(case.grace_us, Relaxed);
    to.give_up_us.store(case.grace_us.saturating_add(HANG_US), Relaxed);
    let (first, end) = case.second.unwrap_or((0, 0));
    to.second_first.store(first, Relaxed);
    to.second_end.store(end, Relaxed);
    to.is_pausing.store(case.pauses.into(), Relaxed);
    to.is_planted.store(case.is_planted.into(), Relaxed);
    for (sum, canary) in to.canaries.iter().zip(canaries) {
        sum.store(answer_sum(canary.outcome as u8, canary.answer), Relaxed);
    }
}
