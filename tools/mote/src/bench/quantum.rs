//! The paper's Figure 2: what preemption costs those who are never preempted.
//!
//! SHA-512 over 64-byte inputs at a 16-byte stride in a large buffer, for every quantum: in a process
//! that a periodic timer interrupts, and in our worker under the watchdog with a budget that never
//! fires. The measure is the same loop in a process that nothing interrupts.

use anyhow::Context as _;
use serde::Serialize;

use super::Setting;
use super::contender::periodic::Source;
use super::row::Row;
use super::stage::{Stage, number};
use super::timer::contender;
use crate::report::latency::Times;
use crate::status::Failure;

/// The quanta, in microseconds, as in the paper's figure.
const QUANTA_US: &[u32] = &[3, 5, 10, 20, 50, 100, 200, 500, 1_000];
/// Hashes whose time is one sample.
const HASHES: u32 = 1_000;

/// What is left of the throughput under one source.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Throughput {
    pub(super) source: &'static str,
    /// `None` where there is no period.
    pub(super) quantum_us: Option<u32>,
    pub(super) hashes_per_second: f64,
    /// The share of what an undisturbed process does; 1 is all of it.
    pub(super) share: f64,
}

/// One curve's point: its times, filled round by round.
struct Point {
    source: &'static str,
    quantum_us: Option<u32>,
    periodic: Option<Source>,
    times: Times,
    taken_ns: u64,
    samples: u64,
}

fn rounds(is_quick: bool) -> u64 {
    if is_quick { 1 } else { 8 }
}

fn samples(is_quick: bool) -> u32 {
    if is_quick { 20 } else { 60 }
}

/// Steps of the progress bar.
pub(super) fn steps(is_quick: bool) -> u64 {
    rounds(is_quick) * points().len() as u64
}

fn points() -> Vec<Point> {
    let point = |source, periodic, quantum_us| Point {
        source,
        quantum_us,
        periodic,
        times: Times::new(),
        taken_ns: 0,
        samples: 0,
    };
    let mut points =
        vec![point("undisturbed", Some(Source::None), None), point("watchdog", None, None)];
    for &quantum_us in QUANTA_US {
        for source in [Source::Setitimer, Source::PosixTimer] {
            points.push(point(source.name(), Some(source), Some(quantum_us)));
        }
    }
    points
}

/// Measures all points, round by round.
pub(super) fn measure(setting: &Setting<'_>) -> Result<(Vec<Row>, Vec<Throughput>), Failure> {
    let mut stage = Stage::start(setting.image("hashing")?)?;
    stage.fill(1)?;
    let mut points = points();
    for _ in 0..rounds(setting.is_quick) {
        for point in &mut points {
            setting.step(&format!("hashing, {}", point.title()));
            let taken_ns = match point.periodic {
                Some(source) => in_process(setting, source, point.quantum_us.unwrap_or(0))?,
                None => in_worker(&mut stage, samples(setting.is_quick))?,
            };
            point.add(&taken_ns);
        }
    }
    let undisturbed = points.first().context("there is a first point")?.hashes_per_second();
    let throughputs = points.iter().map(|point| point.throughput(undisturbed)).collect();
    Ok((points.into_iter().map(Point::row).collect(), throughputs))
}

fn in_process(setting: &Setting<'_>, source: Source, quantum_us: u32) -> anyhow::Result<Vec<u64>> {
    // Our worker sleeps by then.
    std::thread::sleep(std::time::Duration::from_millis(2));
    let [quantum, hashes, times] =
        [quantum_us, HASHES, samples(setting.is_quick)].map(|n| n.to_string());
    contender(setting, "hash", &[source.name(), &quantum, &hashes, &times])
}

fn in_worker(stage: &mut Stage, samples: u32) -> Result<Vec<u64>, Failure> {
    let body = HASHES.to_le_bytes();
    let mut once = || number(&stage.invoke(stage.job(0, &body))?);
    once()?;
    (0..samples).map(|_| once()).collect()
}

impl Point {
    fn title(&self) -> String {
        let quantum = self.quantum_us.map(|quantum_us| format!(" at {quantum_us} µs"));
        format!("{}{}", self.source, quantum.unwrap_or_default())
    }

    fn add(&mut self, taken_ns: &[u64]) {
        self.times.extend(taken_ns.iter().copied());
        self.taken_ns += taken_ns.iter().sum::<u64>();
        self.samples += taken_ns.len() as u64;
    }

    fn hashes_per_second(&self) -> f64 {
        (self.samples * u64::from(HASHES)) as f64 * 1e9 / self.taken_ns.max(1) as f64
    }

    fn throughput(&self, undisturbed: f64) -> Throughput {
        let hashes_per_second = self.hashes_per_second();
        Throughput {
            source: self.source,
            quantum_us: self.quantum_us,
            hashes_per_second,
            share: hashes_per_second / undisturbed,
        }
    }

    fn row(self) -> Row {
        let quantum = self.quantum_us.map(|quantum_us| format!("_{quantum_us}us"));
        let name = format!("hashing_{}{}", self.source, quantum.unwrap_or_default());
        let mut row = Row::new(name, format!("{HASHES} hashes, {}", self.title()));
        row.per_second = Some(self.hashes_per_second());
        row.times = self.times;
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_is_of_the_undisturbed_process() {
        let mut point = points().remove(0);
        point.add(&[1_000_000, 3_000_000]);
        assert_eq!(point.hashes_per_second(), 500_000.0);
        assert_eq!(point.throughput(1_000_000.0).share, 0.5);
    }
}
