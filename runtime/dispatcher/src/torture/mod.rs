//! One worker by itself that runs one invocation step by step and preempts it at each instruction.
//!
//! [`Sweep::start`] places the service and the canaries in a zone of their own, writes the request and the requests, and
//! starts the worker; then it works by itself, and [`Sweep::progress`] and [`Sweep::points`] read what it has found. What
//! it writes is an allegation here too: records are copied out, and every bit pattern is one.

mod case;

use std::os::fd::AsFd;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use mote_abi::area::{RING_ENTRIES, fds};
use mote_abi::image::ABI_VERSION;
use mote_abi::line::index;
use mote_abi::message::{Invoke, Words};
use mote_abi::outcome::Mode;
use mote_abi::torture::{
    Head, MAX_RECORDS, RECORD_BYTES, RECORDS_OFFSET, RESULTS_BYTES, Record, TARGET, answer_sum,
};
use mote_abi::windows::Windows;
use mote_loader::{Checked, Expected, Placed, verify};

use crate::config::{MAX_SLICE_US, NodeConfig};
use crate::images::error::{DeployError, PlaceError};
use crate::images::toolchain::TOOLCHAIN;
use crate::images::zones::Zones;
use crate::isolation::enclosure::Enclosure;
use crate::isolation::layer::Layer;
use crate::node::error::NodeError;
use crate::node::requirements;
use crate::pool::areas::Areas;
use crate::pool::process::{Death, LastingFiles, Process};
use crate::pool::program::{TORTURE_PROGRAM, imports, text};
use crate::pool::start::{self, Duty, LastWords};
use crate::sched::cpus::Post;
use crate::sys::mapping::Mapping;
use crate::sys::memory_file::{memory_file, program_file};

pub use case::{Canaries, Canary, Case, Request};
pub use mote_abi::torture::{Record as Point, damage, facts};

/// The number of a sweep's only worker.
const THE_WORKER: usize = 0;

/// The soft deadline of a tortured invocation, in microseconds: nobody waits for it.
const NO_DEADLINE_US: u32 = u32::MAX / 2;

/// A torture worker forks at each instruction, and maps memory.
const NOT_KEPT: [Layer; 2] = [Layer::Limits, Layer::Filter];

/// From the injection to the end of a child that hangs, beyond the grace, in microseconds.
const HANG_US: u32 = 2_000_000;

/// The torture worker: an ELF file at fixed addresses, for the names of host functions.
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

/// Why a sweep is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// An image is refused.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// There is no room for an image.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The machine or the executable lacks something.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The worker ended before the first injection.
    #[error("the torture worker did not begin: {death}, {progress}{last_words}")]
    NotBegun {
        /// How it ended.
        death: Death,
        /// How far it had come.
        progress: start::Progress,
        /// What it said.
        last_words: LastWords,
    },
    /// The worker itself, and not an injected copy of it, ended otherwise than with its work.
    #[error("the torture worker broke down after {points} injections: {death}{last_words}")]
    Broken {
        /// Records that it completed.
        points: u64,
        /// How it ended.
        death: Death,
        /// What it said.
        last_words: LastWords,
    },
}

/// A sweep under way. Dropping it kills the worker.
#[derive(Debug)]
pub struct Sweep {
    process: Process,
    results: Mapping,
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
        let imports = imports(TORTURE_PROGRAM).map_err(NodeError::from)?;
        let mut zones = Zones::new(1, &imports, 1).map_err(NodeError::from)?;
        let (areas, files) =
            Areas::create().map_err(NodeError::system("create a worker's areas"))?;
        start::fill(&areas.inbox().start, &config(case, canaries), Post::ANYWHERE, Duty::Serving);
        let results_file = memory_file("mote-results", RESULTS_BYTES)
            .map_err(NodeError::system("create the results of a sweep"))?;
        let results = Mapping::new(results_file.as_fd(), RESULTS_BYTES)
            .map_err(NodeError::system("map the results of a sweep"))?;
        write(results.head(), case, canaries);
        let (placed, text_address) = place_all(&mut zones, &areas, case, canaries)?;
        let program = program_file("mote-torture-worker", TORTURE_PROGRAM)
            .map_err(NodeError::system("put the torture worker into a memory file"))?;
        let windows = zones.files(THE_WORKER).map_err(NodeError::from)?;
        let text = text(TORTURE_PROGRAM).map_err(NodeError::from)?;
        let enclosure = Enclosure::prepare(&NOT_KEPT, &text)
            .map_err(NodeError::system("prepare the isolation of the torture worker"))?;
        enclosure.fill(&areas.inbox().lockdown);
        let program = program.as_fd();
        let lasting = LastingFiles { program, windows: &windows, enclosure: &enclosure };
        let extra = Some((results_file.as_fd(), fds::RESULTS));
        let process = Process::start_with(lasting, &files, extra)
            .map_err(NodeError::system("start the torture worker"))?;
        Ok(Self { process, results, text_address, _areas: areas, _zones: zones, _placed: placed })
    }

    /// The address at which the target's text lies in the worker.
    #[must_use]
    pub fn text_address(&self) -> u64 {
        self.text_address
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
    for (sum, canary) in to.canaries.iter().zip(canaries) {
        sum.store(answer_sum(canary.outcome as u8, canary.answer), Relaxed);
    }
}

/// Places target and canaries, and writes their requests. Returns where the target's text lies.
fn place_all(
    zones: &mut Zones,
    areas: &Areas,
    case: &Case<'_>,
    canaries: &Canaries<'_>,
) -> Result<(Vec<Placed>, u64), SweepError> {
    let mut text_address = 0;
    let mut all = Vec::new();
    let requests = canaries.iter().map(|canary| (canary.request, Mode::Guarded));
    let target = (case.target(), case.mode);
    for (sequence, (request, mode)) in (TARGET..).zip([target].into_iter().chain(requests)) {
        let image = verified(&request)?;
        let placed = zones.place(&image).map_err(|source| PlaceError::Zone {
            name: request.name.to_owned(),
            bytes: image.slot_bytes(),
            source,
        })?;
        zones.copy_text(&placed, &image, THE_WORKER);
        if sequence == TARGET {
            text_address =
                Windows::of(placed.zone).text() + u64::from(placed.entry - image.entry());
        }
        let line = index(sequence, RING_ENTRIES);
        areas.write_request_body(line, request.body);
        let invoke = invoke(zones, &placed, &request, mode);
        areas.inbox().requests[line].publish(sequence, invoke.to_words());
        all.push(placed);
    }
    debug_assert_eq!(areas.inbox().start.abi_version.load(Relaxed), ABI_VERSION);
    Ok((all, text_address))
}

/// The image, fit to be placed.
fn verified(request: &Request<'_>) -> Result<Checked, DeployError> {
    verify(request.image, &Expected::of(TOOLCHAIN))
        .map_err(|source| DeployError::Refused { name: request.name.to_owned(), source })
}

fn invoke(zones: &Zones, placed: &Placed, request: &Request<'_>, mode: Mode) -> Invoke {
    Invoke {
        entry: placed.entry,
        record: placed.record,
        generation: zones.generation(THE_WORKER),
        relocated: placed.relocated,
        zone: placed.zone,
        data_bytes: placed.data_bytes,
        stack_gap_blocks: placed.stack_gap_blocks,
        budget_us: NO_DEADLINE_US,
        grace_us: NO_DEADLINE_US,
        memory_kib: request.memory_kib,
        body_bytes: request.body.len() as u32,
        mode: mode as u8,
        heap: request.heap as u8,
        ..Invoke::default()
    }
}
