//! How cost grows with the number of resident services: latency warm and cold, memory, mappings.
//!
//! At every number of services all contenders are set up that the machine's limits allow, and take
//! turns, round by round. Who is not there at a number is missing for a reason, and the report has it.

mod contender;
mod limits;

use std::thread::sleep;
use std::time::Duration;

use serde::Serialize;

use super::setting::Setting;
use crate::contenders::mailbox::Samples;
use crate::error::Error;
use crate::format::units::grouped;
use crate::stats::row::Missing;
use crate::stats::row::Row;
use contender::{Contender, Running, ZONES};
use limits::{Limits, Seen};

/// How many services are resident, step by step.
const LEVELS: &[usize] = &[1, 1_000, 5_000, 10_000, 100_000];
/// The same with `--quick`, for those that take long to set up.
const LEVELS_QUICK: &[usize] = &[1, 100];
/// With `--quick`, no more of anything.
const MOST_QUICK: usize = 10_000;
/// With fewer services nothing is said about the memory of each.
const LEAST_FOR_MEMORY: usize = 100;
/// Long enough for our idle worker to be asleep.
const SETTLE: Duration = Duration::from_millis(2);

/// One contender at one number of services.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Growth {
    pub(crate) contender: &'static str,
    #[serde(skip)]
    pub(crate) title: &'static str,
    pub(crate) resident: usize,
    pub(crate) warm_p50_ns: u64,
    pub(crate) cold_p50_ns: u64,
    /// `None` with few services: what the first brings along is then most of it.
    pub(crate) rss_bytes_each: Option<u64>,
    /// The worker's mappings; `None` where each service has a process.
    pub(crate) mappings: Option<usize>,
    /// Over how many zones the services are spread; `None` for who has no zones.
    pub(crate) zones: Option<usize>,
    /// How long it took to check and place one image; `None` for who has no such step.
    pub(crate) deployed_ns_each: Option<u64>,
}

/// All that was found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) rows: Vec<Row>,
    pub(crate) growths: Vec<Growth>,
    pub(crate) missing: Vec<Missing>,
}

/// Rounds, and samples of one round.
#[derive(Clone, Copy)]
struct Size {
    rounds: u64,
    warm: Samples,
    cold: Samples,
}

impl Size {
    fn new(is_quick: bool) -> Self {
        match is_quick {
            true => Self { rounds: 2, warm: (50, 250), cold: (2, 10) },
            false => Self { rounds: 10, warm: (200, 2_000), cold: (5, 50) },
        }
    }
}

/// One contender at one number, while it is measured.
struct Entry {
    contender: Contender,
    running: Box<dyn Running>,
    warm: Row,
    cold: Row,
    bytes_each: u64,
}

/// Steps of the progress bar.
pub(crate) fn steps(setting: &Setting<'_>) -> u64 {
    levels(setting).iter().map(|&level| contenders(setting, level).len() as u64).sum()
}

fn levels(setting: &Setting<'_>) -> Vec<usize> {
    let quick = if setting.is_quick { LEVELS_QUICK } else { &[] };
    // What the few need says what the many would.
    let mut levels = match setting.services {
        Some(services) => vec![services.min(LEVELS[1]), services],
        None => [LEVELS, quick].concat(),
    };
    if setting.is_quick && setting.services.is_none() {
        levels.retain(|&level| level <= MOST_QUICK);
    }
    levels.sort_unstable();
    levels.dedup();
    levels
}

/// Who is measured with so many services.
fn contenders(setting: &Setting<'_>, level: usize) -> Vec<Contender> {
    let all = Contender::all(setting.peers.is_some());
    let has = |contender: &&Contender| {
        let is_slow = setting.is_quick && **contender != Contender::Mote;
        let is_usual =
            if is_slow { LEVELS_QUICK.contains(&level) } else { LEVELS.contains(&level) };
        is_usual || setting.services.is_some()
    };
    all.iter().filter(has).copied().collect()
}

/// Measures all contenders, with more and more services.
pub(crate) fn measure(setting: &Setting<'_>) -> Result<Found, Error> {
    let (size, limits) = (Size::new(setting.is_quick), Limits::of_this_machine());
    let (mut found, mut seen) = (Found::default(), Seen::default());
    for level in levels(setting) {
        let mut entries = Vec::new();
        for contender in contenders(setting, level) {
            setting.step(&format!("{}, {level} resident", contender.title()));
            match start(setting, contender, level, &limits, &seen) {
                Ok(entry) => entries.push(entry),
                Err(missing) => found.missing.push(missing),
            }
        }
        for _ in 0..size.rounds {
            take_turns(setting, size, &mut entries, &mut found.missing)?;
        }
        for entry in entries {
            let growth = entry.growth(level)?;
            seen.add(entry.contender.name(), level, growth.mappings, entry.bytes_each);
            found.growths.push(growth);
            found.rows.extend([entry.warm, entry.cold]);
        }
    }
    Ok(found)
}

/// One round. A contender that fails is missing from then on, unless it is ours.
fn take_turns(
    setting: &Setting<'_>,
    size: Size,
    entries: &mut Vec<Entry>,
    missed: &mut Vec<Missing>,
) -> Result<(), Error> {
    let mut running = Vec::with_capacity(entries.len());
    for mut entry in entries.drain(..) {
        match entry.round(setting, size) {
            Ok(()) => running.push(entry),
            Err(failure) if entry.contender == Contender::Mote => return Err(failure),
            Err(failure) => {
                let level = entry.warm.resident.unwrap_or(0);
                missed.push(missing(entry.contender, level, failure.with_causes()));
            }
        }
    }
    *entries = running;
    Ok(())
}

fn missing(contender: Contender, level: usize, why: String) -> Missing {
    let what = format!("{} with {} services", contender.title(), grouped(level as u64));
    Missing { what, why }
}

/// Sets one up, or says why that is not possible.
fn start(
    setting: &Setting<'_>,
    contender: Contender,
    level: usize,
    limits: &Limits,
    seen: &Seen,
) -> Result<Entry, Missing> {
    let refusal = match contender {
        Contender::Mote => None,
        Contender::Process => limits.refuse_processes(level),
        Contender::Lean | Contender::Std => limits.refuse_mappings(seen, contender.name(), level),
        Contender::WasmtimeKept | Contender::WasmtimeFresh | Contender::WasmtimeOwn => limits
            .refuse_files(level)
            .or_else(|| limits.refuse_mappings(seen, contender.name(), level)),
    };
    let refusal = refusal.or_else(|| limits.refuse_memory(seen, contender.name(), level));
    if let Some(why) = refusal {
        return Err(missing(contender, level, why));
    }
    let failed = |error: Error| missing(contender, level, error.with_causes());
    let running = contender.start(setting, level).map_err(failed)?;
    let row = |how: &str| {
        let name = format!("{}_{how}_at_{level}", contender.name());
        Row::new(name, format!("{}, {how}", contender.title())).with_resident(level)
    };
    let (mut warm, cold) = (row("warm"), row("cold"));
    let bytes_each = running.bytes_each().map_err(failed)?;
    warm.rss_bytes_each = Some(bytes_each).filter(|_| level >= LEAST_FOR_MEMORY);
    Ok(Entry { contender, running, warm, cold, bytes_each })
}

impl Entry {
    fn round(&mut self, setting: &Setting<'_>, size: Size) -> Result<(), Error> {
        sleep(SETTLE);
        setting.place.as_dispatcher(|| self.running.warm(size.warm, &mut self.warm.times))?;
        let cold = || self.running.cold(setting.place, size.cold, &mut self.cold.times);
        setting.place.as_dispatcher(cold)
    }

    fn growth(&self, resident: usize) -> Result<Growth, Error> {
        let contender = self.contender;
        Ok(Growth {
            contender: contender.name(),
            title: contender.title(),
            resident,
            warm_p50_ns: self.warm.p50_ns().unwrap_or(0),
            cold_p50_ns: self.cold.p50_ns().unwrap_or(0),
            rss_bytes_each: self.warm.rss_bytes_each,
            mappings: self.running.mappings()?,
            zones: (contender == Contender::Mote).then_some(ZONES),
            deployed_ns_each: self.running.deployed_ns_each(),
        })
    }
}
