//! The paper's Figure 2: what preemption costs those who are never preempted.
//!
//! SHA-512 over 64-byte inputs at a 16-byte stride in a large buffer, for every quantum: in a process
//! that a periodic timer interrupts, and in our worker under the watchdog with a budget that never
//! fires. The measure is the same loop in a process that nothing interrupts.

use std::thread::sleep;
use std::time::Duration;

use serde::Serialize;

use super::hashing::{Hashed, Hashing};
use super::setting::Setting;
use crate::contenders::node::{BenchNode, number};
use crate::contenders::outside;
use crate::contenders::sys::timer::Source;
use crate::error::Error;
use crate::stats::row::Row;

/// The quanta, in microseconds, as in the paper's figure.
const QUANTA_US: &[u32] = &[3, 5, 10, 20, 50, 100, 200, 500, 1_000];
/// Hashes of one invocation: a few milliseconds.
const HASHES: u32 = 16_384;

/// What is left of the throughput under one source.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Throughput {
    pub(crate) source: &'static str,
    /// `None` where there is no period.
    pub(crate) quantum_us: Option<u32>,
    pub(crate) hashes_per_second: f64,
    /// The share of what an undisturbed process does; 1 is all of it.
    pub(crate) share: f64,
}

/// One curve's point: its times, filled round by round.
struct Point {
    source: &'static str,
    quantum_us: Option<u32>,
    periodic: Option<Source>,
    hashing: Hashing,
}

fn rounds(is_quick: bool) -> u64 {
    if is_quick { 2 } else { 20 }
}

/// How long each point hashes in a round.
fn duration_ms(is_quick: bool) -> u64 {
    if is_quick { 20 } else { 50 }
}

/// Steps of the progress bar.
pub(crate) fn steps(is_quick: bool) -> u64 {
    rounds(is_quick) * points().len() as u64
}

fn points() -> Vec<Point> {
    let point = |source, periodic, quantum_us| Point {
        source,
        quantum_us,
        periodic,
        hashing: Hashing::default(),
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
pub(crate) fn measure(setting: &Setting<'_>) -> Result<(Vec<Row>, Vec<Throughput>), Error> {
    let mut node = BenchNode::start(setting.image("hashing")?)?;
    node.fill(1)?;
    let mut points = points();
    for _ in 0..rounds(setting.is_quick) {
        for point in &mut points {
            setting.step(&format!("hashing, {}", point.title()));
            point.hashing.add(match point.periodic {
                Some(source) => in_process(setting, source, point.quantum_us.unwrap_or(0))?,
                None => in_worker(&mut node, duration_ms(setting.is_quick))?,
            });
        }
    }
    let throughputs = throughputs(&points);
    Ok((points.into_iter().map(Point::row).collect(), throughputs))
}

/// Each beside the first, which is undisturbed.
fn throughputs(points: &[Point]) -> Vec<Throughput> {
    let undisturbed = points.first().map_or(0.0, |point| point.hashing.per_second());
    points.iter().map(|point| point.throughput(undisturbed)).collect()
}

fn in_process(setting: &Setting<'_>, source: Source, quantum_us: u32) -> Result<Hashed, Error> {
    // Our worker sleeps by then.
    sleep(Duration::from_millis(2));
    let duration_ms = duration_ms(setting.is_quick);
    let arguments = ["hash", source.name(), &quantum_us.to_string(), &duration_ms.to_string()];
    let limit = Duration::from_millis(200 + 4 * duration_ms);
    match outside::numbers(setting.place, outside::contender(&arguments)?, limit)?.as_deref() {
        Some(&[hashes, taken_ns]) => Ok(Hashed { hashes, taken_ns }),
        Some(_) => Err(Error::NoNumbers { program: "the contender hash".to_owned() }),
        // The kernel did nothing but serve the timer.
        None => Ok(Hashed { hashes: 0, taken_ns: duration_ms * 1_000_000 }),
    }
}

/// The time is the service's own, from one reading of its clock to another.
fn in_worker(node: &mut BenchNode, duration_ms: u64) -> Result<Hashed, Error> {
    let body = HASHES.to_le_bytes();
    let mut once = || number(&node.invoke(node.job(0, &body))?);
    once()?;
    let mut hashed = Hashed::default();
    while hashed.taken_ns < duration_ms * 1_000_000 {
        hashed.taken_ns += once()?;
        hashed.hashes += u64::from(HASHES);
    }
    Ok(hashed)
}

impl Point {
    fn title(&self) -> String {
        let quantum = self.quantum_us.map(|quantum_us| format!(" at {quantum_us} µs"));
        format!("{}{}", self.source, quantum.unwrap_or_default())
    }

    fn throughput(&self, undisturbed: f64) -> Throughput {
        let hashes_per_second = self.hashing.per_second();
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
        let title = self.title();
        self.hashing.row(name, &title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_is_of_the_undisturbed_process() {
        let mut point = points().remove(0);
        point.hashing.add(Hashed { hashes: 500, taken_ns: 1_000_000 });
        assert_eq!(point.throughput(1_000_000.0).share, 0.5);
    }
}
