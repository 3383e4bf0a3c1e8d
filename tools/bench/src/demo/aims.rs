//! What the figures should be, beside this machine's floors, and whether they are.

use super::plan::{STAMPS_ITSELF, Timed};
use super::results::Results;
use crate::format::units::human_ns;
use crate::stats::latency::Percentiles;

/// A warm start takes at most this many times a cache line's way.
const WARM_LINES: f64 = 2.5;
/// A cold start takes at most this, in nanoseconds.
const COLD_NS: u64 = 10_000;
/// A kill is later than a bare signal by at most this, in microseconds.
const LATE_US: f64 = 5.0;

/// The median as a multiple of the floor's median.
pub(super) fn ratio(found: &Percentiles, floor: &Option<Percentiles>) -> Option<f64> {
    let floor_ns = floor.as_ref()?.p50_ns;
    (floor_ns > 0).then(|| found.p50_ns as f64 / floor_ns as f64)
}

/// How far the median is beyond the floor's median, in microseconds.
pub(super) fn beyond_us(found: &Percentiles, floor: &Option<Percentiles>) -> Option<f64> {
    Some((found.p50_ns as f64 - floor.as_ref()?.p50_ns as f64) / 1e3)
}

/// A line for each aim that could be measured.
pub(super) fn told(results: &Results) -> String {
    [warm(results), cold(results), late(results)].into_iter().flatten().collect()
}

fn warm(results: &Results) -> Option<String> {
    let found = results.find(STAMPS_ITSELF, Timed::Warm)?;
    let ratio = ratio(&found, &results.floors.cache_line_one_way)?;
    let median = human_ns(found.p50_ns);
    Some(line(
        ratio <= WARM_LINES,
        &format!("warm start p50 {median}, {ratio:.1} × a cache line's way (aim: {WARM_LINES} ×)"),
    ))
}

fn cold(results: &Results) -> Option<String> {
    let found = results.find(STAMPS_ITSELF, Timed::Cold)?;
    let (median, aim) = (human_ns(found.p50_ns), human_ns(COLD_NS));
    Some(line(found.p50_ns < COLD_NS, &format!("cold start p50 {median} (aim: under {aim})")))
}

/// Of the runaway and mode whose median is the latest.
fn late(results: &Results) -> Option<String> {
    let floor = &results.floors.signal_to_handler;
    let kills = results.rows.iter().filter(|row| row.timed == Timed::Lateness);
    let beyond = kills.filter_map(|row| beyond_us(&row.times.percentiles()?, floor));
    let latest_us = beyond.max_by(f64::total_cmp)?;
    Some(line(
        latest_us <= LATE_US,
        &format!("kills at most {latest_us:+.1} µs beside a bare signal, p50 (aim: {LATE_US} µs)"),
    ))
}

fn line(is_met: bool, text: &str) -> String {
    let mark = if is_met { console::style("✓").green() } else { console::style("✗").red() };
    format!("{mark} {text}\n")
}

#[cfg(test)]
mod tests {
    use super::super::results;
    use super::*;
    use crate::stats::latency::Times;

    fn always(time_ns: u64) -> Percentiles {
        [time_ns].into_iter().collect::<Times>().percentiles().unwrap()
    }

    #[test]
    fn median_is_compared_with_the_floors_median() {
        assert_eq!(ratio(&always(300), &Some(always(150))), Some(2.0));
        assert_eq!(beyond_us(&always(1_500), &Some(always(2_000))), Some(-0.5));
    }

    #[test]
    fn aims_are_marked_met_or_missed() {
        console::set_colors_enabled(false);
        let met = told(&results::sample());
        assert_eq!((met.matches('✓').count(), met.matches('✗').count()), (3, 0), "{met}");
        let mut slow_line = results::sample();
        slow_line.floors.cache_line_one_way = Some(always(10));
        assert!(told(&slow_line).contains("✗ warm start"), "{}", told(&slow_line));
    }

    #[test]
    fn nothing_is_compared_without_a_floor() {
        assert_eq!(ratio(&always(300), &None), None);
        assert_eq!(ratio(&always(300), &Some(always(0))), None);
        assert_eq!(beyond_us(&always(300), &None), None);
    }
}
