//! The paper's Table 1: what an invocation takes until the service runs, warm and cold, and how many
//! there are a second.
//!
//! Every contender is set up first, with all its services resident. Then they take turns, round by
//! round, so that whatever else the machine does meets all of them alike.

use std::thread::sleep;
use std::time::Duration;

use mote_abi::area::RING_ENTRIES;
use mote_dispatcher::now_ns;

use super::Setting;
use super::libraries::Libraries;
use super::processes::Processes;
use super::programs::{LIBRARY_LEAN, LIBRARY_STD};
use super::random::Random;
use super::row::Row;
use super::stage::{Stage, answered, own_stamp_ns};
use crate::status::{Failure, OrStatus as _, Status};

/// Long enough for our idle worker to be asleep: the others have its processor for themselves.
const SETTLE: Duration = Duration::from_millis(2);

/// How many of everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    rounds: u64,
    mote: usize,
    processes: usize,
    libraries_std: usize,
    libraries_lean: usize,
}

impl Size {
    /// What the paper has, or with `is_quick` less of what takes long to set up.
    pub(super) fn new(is_quick: bool) -> Self {
        match is_quick {
            false => Self {
                rounds: 40,
                mote: 5_000,
                processes: 5_000,
                libraries_std: 5_000,
                libraries_lean: 5_000,
            },
            true => Self {
                rounds: 4,
                mote: 5_000,
                processes: 200,
                libraries_std: 50,
                libraries_lean: 500,
            },
        }
    }

    /// Steps of the progress bar.
    pub(super) fn steps(&self) -> u64 {
        4 + self.rounds
    }
}

/// One row's contender and situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    MoteWarmOne,
    MoteWarm,
    MoteThroughput,
    MoteCold,
    ProcessWarm,
    ProcessCold,
    StdWarm,
    StdCold,
    LeanWarm,
    LeanCold,
}

/// In the order of the rows.
const TURNS: &[Turn] = &[
    Turn::MoteWarmOne,
    Turn::MoteWarm,
    Turn::MoteThroughput,
    Turn::MoteCold,
    Turn::ProcessWarm,
    Turn::ProcessCold,
    Turn::StdWarm,
    Turn::StdCold,
    Turn::LeanWarm,
    Turn::LeanCold,
];

impl Turn {
    fn row(self, size: &Size) -> Row {
        let (name, label, resident) = match self {
            Self::MoteWarmOne => ("mote_warm_1", "Mote, warm, one service", size.mote),
            Self::MoteWarm => ("mote_warm_5000", "Mote, warm", size.mote),
            Self::MoteThroughput => ("mote_throughput", "Mote, warm, saturated", size.mote),
            Self::MoteCold => ("mote_cold", "Mote, cold", size.mote),
            Self::ProcessWarm => ("process_warm", "process woken by UDP", size.processes),
            Self::ProcessCold => ("process_cold", "process started", size.processes),
            Self::StdWarm => ("dlopen_std_warm", "library with std, warm", size.libraries_std),
            Self::StdCold => ("dlopen_std_cold", "library with std, dlopen", size.libraries_std),
            Self::LeanWarm => {
                ("dlopen_lean_warm", "library without std, warm", size.libraries_lean)
            }
            Self::LeanCold => {
                ("dlopen_lean_cold", "library without std, dlopen", size.libraries_lean)
            }
        };
        Row::new(name, label).with_resident(resident)
    }

    /// Samples before those that count, and those that count, in one round.
    fn samples(self) -> (u64, u64) {
        match self {
            Self::MoteWarmOne | Self::MoteWarm => (500, 5_000),
            Self::MoteThroughput => (500, 50_000),
            Self::MoteCold => (20, 250),
            Self::ProcessWarm => (20, 250),
            Self::ProcessCold => (2, 25),
            Self::StdWarm | Self::LeanWarm => (200, 2_500),
            Self::StdCold | Self::LeanCold => (5, 50),
        }
    }
}

/// All contenders, set up.
struct Field {
    mote: Stage,
    processes: Processes,
    std: Libraries,
    lean: Libraries,
    random: Random,
    counted: Counted,
}

/// Invocations and the time they took, in nanoseconds, of the saturated runs.
#[derive(Default)]
struct Counted {
    mote: (u64, u64),
    processes: (u64, u64),
}

/// Sets all contenders up, and lets them take turns.
pub(super) fn rows(setting: &Setting<'_>) -> Result<Vec<Row>, Failure> {
    let size = Size::new(setting.is_quick);
    let mut rows: Vec<Row> = TURNS.iter().map(|turn| turn.row(&size)).collect();
    let mut field = set_up(setting, &size, &mut rows)?;
    for round in 0..size.rounds {
        setting.step(&format!("table 1, round {} of {}", round + 1, size.rounds));
        for (turn, row) in TURNS.iter().zip(&mut rows) {
            sleep(SETTLE);
            setting.place.as_dispatcher(|| field.turn(*turn, row, setting))?;
        }
    }
    set(&mut rows, "mote_throughput", |row| row.per_second = per_second(field.counted.mote));
    set(&mut rows, "process_warm", |row| row.per_second = per_second(field.counted.processes));
    Ok(rows)
}

fn set_up(setting: &Setting<'_>, size: &Size, rows: &mut [Row]) -> Result<Field, Failure> {
    setting.step("starting processes");
    let processes = Processes::start(size.processes, setting.place)?;
    setting.step("loading libraries with std");
    let std = Libraries::start(&LIBRARY_STD, size.libraries_std, setting.place)?;
    setting.step("loading libraries without std");
    let lean = Libraries::start(&LIBRARY_LEAN, size.libraries_lean, setting.place)?;
    setting.step("placing services");
    let mut mote = Stage::start(setting.image("timestamp")?)?;
    let before_bytes = mote.memory_bytes()?;
    mote.fill(size.mote)?;
    mote.visit()?;
    let mote_bytes = mote.memory_bytes()?.saturating_sub(before_bytes) / size.mote as u64;
    let process_bytes = processes.memory_bytes()? / size.processes as u64;
    set(rows, "mote_warm_5000", |row| row.rss_bytes_each = Some(mote_bytes));
    set(rows, "process_warm", |row| row.rss_bytes_each = Some(process_bytes));
    for (name, libraries) in [("dlopen_std_warm", &std), ("dlopen_lean_warm", &lean)] {
        let bytes = libraries.bytes_each()?;
        set(rows, name, |row| row.rss_bytes_each = Some(bytes));
    }
    let (random, counted) = (Random::new(), Counted::default());
    Ok(Field { mote, processes, std, lean, random, counted })
}

fn set(rows: &mut [Row], name: &str, change: impl FnOnce(&mut Row)) {
    rows.iter_mut().find(|row| row.name == name).map(change);
}

fn per_second((count, taken_ns): (u64, u64)) -> Option<f64> {
    (taken_ns > 0).then(|| count as f64 * 1e9 / taken_ns as f64)
}

impl Field {
    fn turn(&mut self, turn: Turn, row: &mut Row, setting: &Setting<'_>) -> Result<(), Failure> {
        let (warm_up, samples) = turn.samples();
        let times = &mut row.times;
        match turn {
            Turn::MoteWarmOne => self.warm(warm_up, samples, row, |_| 0),
            Turn::MoteWarm => {
                let count = self.mote.services.len();
                self.warm(warm_up, samples, row, |random| random.below(count))
            }
            Turn::MoteThroughput => self.saturated(warm_up, samples, row),
            Turn::MoteCold => cold(&mut self.mote, &mut self.random, (warm_up, samples), row),
            Turn::ProcessWarm => {
                self.processes.warm(warm_up, samples, times)?;
                let (count, taken_ns) = self.processes.saturated(4)?;
                self.counted.processes.0 += count;
                self.counted.processes.1 += taken_ns;
                Ok(())
            }
            Turn::ProcessCold => {
                setting.place.anywhere(|| self.processes.cold(warm_up, samples, times))
            }
            Turn::StdWarm => self.std.warm(warm_up, samples, times),
            Turn::StdCold => self.std.cold(warm_up, samples, times),
            Turn::LeanWarm => self.lean.warm(warm_up, samples, times),
            Turn::LeanCold => self.lean.cold(warm_up, samples, times),
        }
    }

    fn warm(
        &mut self,
        warm_up: u64,
        samples: u64,
        row: &mut Row,
        next: impl Fn(&mut Random) -> usize,
    ) -> Result<(), Failure> {
        for sample in 0..warm_up + samples {
            let job = self.mote.job(next(&mut self.random), b"");
            let completed = self.mote.invoke(job)?;
            if sample >= warm_up {
                row.times.add(own_stamp_ns(&completed)?);
            }
        }
        Ok(())
    }

    /// Always as many under way as the worker's ring has entries, of services at random.
    fn saturated(&mut self, warm_up: u64, samples: u64, row: &mut Row) -> Result<(), Failure> {
        let (mut submitted, mut start_ns) = (0, 0);
        let all = warm_up + samples;
        for ended in 0..all {
            while submitted < all && submitted < ended + RING_ENTRIES as u64 {
                let index = self.random.below(self.mote.services.len());
                let job = self.mote.job(index, b"");
                let submit = self.mote.node.submit(job);
                submit.or_status(Status::NodeFailed, || "the node refuses the request")?;
                submitted += 1;
            }
            let completed = self.mote.node.wait();
            let completed = completed.ok_or_else(|| anyhow::anyhow!("the node has lost a job"))?;
            answered(&completed)?;
            if ended + 1 == warm_up {
                start_ns = now_ns();
            }
            if ended >= warm_up {
                row.times.add(own_stamp_ns(&completed)?);
            }
        }
        self.counted.mote.0 += samples;
        self.counted.mote.1 += now_ns() - start_ns;
        Ok(())
    }
}

/// Services at random are taken out, and then invoked: the time includes placing.
pub(super) fn cold(
    mote: &mut Stage,
    random: &mut Random,
    (warm_up, samples): (u64, u64),
    row: &mut Row,
) -> Result<(), Failure> {
    for sample in 0..warm_up + samples {
        let index = random.below(mote.services.len());
        mote.evict(index)?;
        let job = mote.job(index, b"");
        let completed = mote.invoke(job)?;
        if sample >= warm_up {
            row.times.add(own_stamp_ns(&completed)?);
        }
    }
    Ok(())
}
