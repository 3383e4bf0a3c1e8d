//! How regular periodic timers are, and how late our watchdog is: the paper's section on timers.
//!
//! A process does nothing but spin while a timer interrupts it; its handler notes the time. What
//! counts is how far the time from one run of the handler to the next is from the period.

use std::thread::sleep;
use std::time::Duration;

use mote_abi::outcome::Mode;
use mote_dispatcher::Job;
use serde::Serialize;

use super::setting::Setting;
use crate::contenders::node::BenchNode;
use crate::contenders::outside;
use crate::contenders::sys::timer::Source;
use crate::error::Error;
use crate::stats::latency::Times;
use crate::stats::row::Missing;
use crate::stats::row::Row;

/// The sources that are compared.
const SOURCES: &[Source] = &[Source::Setitimer, Source::PosixTimer];
/// The periods, in microseconds.
const PERIODS_US: &[u32] = &[1, 2, 5, 10, 20, 50, 100];
/// The budgets of a runaway that our watchdog ends, in microseconds.
const BUDGETS_US: &[u32] = &[20, 50, 100];

/// How irregular one source is at one period. `n` is 0 where the kernel was so busy with the timer
/// that the process did not run: then nothing else means anything.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Regularity {
    pub(crate) source: &'static str,
    pub(crate) period_us: u32,
    /// The mean of |time − period|.
    pub(crate) mean_absolute_deviation_ns: f64,
    /// The root of the mean of (time − mean of the times)².
    pub(crate) standard_deviation_ns: f64,
    /// The mean of the times: above the period where the machine cannot keep it.
    pub(crate) mean_ns: f64,
    pub(crate) n: usize,
}

/// Times of each timer in a round, and rounds: 65,535 times, as in the paper.
fn times(is_quick: bool) -> (u32, u64) {
    if is_quick { (500, 2) } else { (13_107, 5) }
}

/// Runaways of each budget in a round.
fn runaways(is_quick: bool) -> u64 {
    if is_quick { 25 } else { 400 }
}

/// Steps of the progress bar.
pub(crate) fn steps(is_quick: bool) -> u64 {
    times(is_quick).1
}

/// One timer at one period: its times, filled round by round.
struct Timer {
    source: Source,
    period_us: u32,
    times_ns: Vec<u64>,
    /// Rounds that did not end.
    lost: u64,
}

/// All that was found.
pub(crate) struct Found {
    pub(crate) rows: Vec<Row>,
    pub(crate) regularities: Vec<Regularity>,
    pub(crate) missing: Vec<Missing>,
}

/// Measures all timers and our watchdog, round by round, one after the other: each needs the processor
/// for itself.
pub(crate) fn measure(setting: &Setting<'_>) -> Result<Found, Error> {
    let (count, rounds) = times(setting.is_quick);
    let mut node = BenchNode::start(setting.image("spin")?)?;
    node.fill(1)?;
    let (mut timers, mut late) = (timers(), BUDGETS_US.iter().map(late_row).collect::<Vec<_>>());
    for round in 0..rounds {
        setting.step(&format!("timers, round {} of {rounds}", round + 1));
        for timer in &mut timers {
            timer.round(setting, count)?;
        }
        for (&budget_us, row) in BUDGETS_US.iter().zip(&mut late) {
            add_late(&mut node, budget_us, runaways(setting.is_quick), &mut row.times)?;
        }
    }
    let ran = timers.iter().filter(|timer| !timer.times_ns.is_empty());
    let rows = ran.map(|timer| row(timer.source, timer.period_us, &timer.times_ns)).chain(late);
    let regularities =
        timers.iter().map(|timer| regularity(timer.source, timer.period_us, &timer.times_ns));
    Ok(Found {
        rows: rows.collect(),
        regularities: regularities.collect(),
        missing: timers.iter().filter_map(|timer| timer.missing(rounds)).collect(),
    })
}

fn timers() -> Vec<Timer> {
    let of = |&period_us: &u32| {
        SOURCES.iter().map(move |&source| Timer {
            source,
            period_us,
            times_ns: Vec::new(),
            lost: 0,
        })
    };
    PERIODS_US.iter().flat_map(of).collect()
}

impl Timer {
    fn round(&mut self, setting: &Setting<'_>, count: u32) -> Result<(), Error> {
        // Our worker sleeps by then.
        sleep(Duration::from_millis(2));
        let (period, count_word) = (self.period_us.to_string(), count.to_string());
        let command = outside::contender(&["timer", self.source.name(), &period, &count_word])?;
        let times_ns = outside::numbers(setting.place, command, limit(self.period_us, count))?;
        match times_ns {
            Some(times_ns) => self.times_ns.extend(times_ns),
            None => self.lost += 1,
        }
        Ok(())
    }

    fn missing(&self, rounds: u64) -> Option<Missing> {
        let Self { source, period_us, lost, .. } = self;
        let why = "the process did not end in time: the kernel did nothing but serve the timer, or \
                   others had the processor";
        (*lost > 0).then(|| Missing {
            what: format!("{} every {period_us} µs, {lost} of {rounds} rounds", source.name()),
            why: why.into(),
        })
    }
}

/// Four times what it takes on a machine that needs 40 µs for each run of a handler.
fn limit(period_us: u32, count: u32) -> Duration {
    let each = Duration::from_micros(u64::from(period_us.max(40)) * 4);
    Duration::from_millis(500) + each * count
}

/// The deviations as a row: percentiles of |time − period|.
fn row(source: Source, period_us: u32, times_ns: &[u64]) -> Row {
    let name = format!("timer_{}_{period_us}us", source.name());
    let label = format!("{} every {period_us} µs, deviation", source.name());
    let period_ns = u64::from(period_us) * 1_000;
    let mut row = Row::new(name, label);
    row.times.extend(times_ns.iter().map(|time_ns| time_ns.abs_diff(period_ns)));
    row
}

fn regularity(source: Source, period_us: u32, times_ns: &[u64]) -> Regularity {
    let period_ns = f64::from(period_us) * 1e3;
    let n = times_ns.len();
    let mean_of = |value: &dyn Fn(f64) -> f64| {
        times_ns.iter().map(|&time_ns| value(time_ns as f64)).sum::<f64>() / n.max(1) as f64
    };
    let mean_ns = mean_of(&|time_ns| time_ns);
    Regularity {
        source: source.name(),
        period_us,
        mean_absolute_deviation_ns: mean_of(&|time_ns| (time_ns - period_ns).abs()),
        standard_deviation_ns: mean_of(&|time_ns| (time_ns - mean_ns).powi(2)).sqrt(),
        mean_ns,
        n,
    }
}

fn late_row(budget_us: &u32) -> Row {
    let name = format!("watchdog_late_{budget_us}us");
    Row::new(name, format!("our watchdog at {budget_us} µs, lateness"))
}

/// From the deadline of a runaway to the handler that acts on it.
fn add_late(
    node: &mut BenchNode,
    budget_us: u32,
    samples: u64,
    times: &mut Times,
) -> Result<(), Error> {
    const WARM_UP: u64 = 20;
    for sample in 0..WARM_UP + samples {
        let job = Job { mode: Mode::Discard, budget_us, ..node.job(0, b"") };
        let completed = node.run(job)?;
        let late_ns = completed.late_ns.ok_or(Error::NotPreempted)?;
        if sample >= WARM_UP {
            times.add(late_ns);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_deviations_are_those_of_a_known_series() {
        let found = regularity(Source::Setitimer, 10, &[9_000, 11_000, 13_000]);
        assert_eq!(found.mean_ns, 11_000.0);
        assert!((found.mean_absolute_deviation_ns - 5_000.0 / 3.0).abs() < 1e-6);
        assert!((found.standard_deviation_ns - (8e6_f64 / 3.0).sqrt()).abs() < 1e-6);
    }

    #[test]
    fn timer_that_lost_a_round_is_told() {
        let mut timer = timers().remove(0);
        assert_eq!(timer.missing(5), None);
        timer.lost = 1;
        assert_eq!(timer.missing(5).unwrap().what, "setitimer every 1 µs, 1 of 5 rounds");
    }

    #[test]
    fn row_counts_deviations_to_both_sides() {
        let row = row(Source::PosixTimer, 10, &[9_000, 11_000]);
        assert_eq!((row.times.count(), row.p50_ns()), (2, Some(1_000)));
    }
}
