//! What the results mean: one number by another, and whether that is what we aim at. Pure.

use std::collections::BTreeMap;

use super::{Aim, Results};
use crate::experiments::table1;
use crate::stats::row::Row;

/// One median by another: name, above, below.
const MEDIANS: &[(&str, &str, &str)] = &[
    ("process_warm_to_mote_warm_5000", "process_warm", "mote_warm_5000"),
    ("dlopen_std_warm_to_mote_warm_5000", "dlopen_std_warm", "mote_warm_5000"),
    ("dlopen_lean_warm_to_mote_warm_5000", "dlopen_lean_warm", "mote_warm_5000"),
    ("process_cold_to_mote_cold", "process_cold", "mote_cold"),
    ("dlopen_std_cold_to_mote_cold", "dlopen_std_cold", "mote_cold"),
    ("dlopen_lean_cold_to_mote_cold", "dlopen_lean_cold", "mote_cold"),
    ("wasmtime_warm_kept_to_mote_warm_5000", "wasmtime_warm_kept", "mote_warm_5000"),
    ("wasmtime_warm_fresh_to_mote_warm_5000", "wasmtime_warm_fresh", "mote_warm_5000"),
    (
        "wasmtime_warm_fresh_own_slot_to_mote_warm_5000",
        "wasmtime_warm_fresh_own_slot",
        "mote_warm_5000",
    ),
    ("wasmtime_cold_memory_to_mote_cold", "wasmtime_cold_memory", "mote_cold"),
    ("wasmtime_cold_file_to_mote_cold", "wasmtime_cold_file", "mote_cold"),
    ("wasmtime_interrupted_to_mote_interrupted", "wasmtime_interrupted", "mote_interrupted"),
    ("mote_warm_5000_to_mote_warm_1", "mote_warm_5000", "mote_warm_1"),
    ("mote_cold_at_20000_to_at_1", "mote_cold_at_20000", "mote_cold_at_1"),
];

/// Fills in ratios and aims, from what was measured.
pub(crate) fn compare(results: &mut Results) {
    results.ratios = of(results);
    results.aims = aims(results);
}

/// All ratios whose two sides were measured.
fn of(results: &Results) -> BTreeMap<&'static str, f64> {
    let p50 = |name: &str| results.row(name).and_then(Row::p50_ns).map(|ns| ns as f64);
    let mut ratios = BTreeMap::new();
    let mut put = |name, above: Option<f64>, below: Option<f64>| {
        if let (Some(above), Some(below)) = (above, below.filter(|&below| below > 0.0)) {
            ratios.insert(name, above / below);
        }
    };
    // Where lines took turns with the contenders, those count.
    let floor_ns = results.floors.cache_line_one_way_ns as f64;
    let line_ns = p50(table1::LINE).unwrap_or(floor_ns);
    put("mote_warm_1_to_cache_line", p50("mote_warm_1"), Some(line_ns));
    for &(name, above, below) in MEDIANS {
        put(name, p50(above), p50(below));
    }
    put("mote_warm_1_p99_to_p50", p99(results, "mote_warm_1"), p50("mote_warm_1"));
    put("mote_warm_5000_p99_to_p50", p99(results, "mote_warm_5000"), p50("mote_warm_5000"));
    let rate = |name: &str| results.row(name).and_then(|row| row.per_second);
    put("mote_throughput_to_process", rate("mote_throughput"), rate("process_warm"));
    put("mote_throughput_to_wasmtime_kept", rate("mote_throughput"), rate("wasmtime_warm_kept"));
    put("hashing_epochs_share", rate("hashing_wasmtime_epochs"), rate("hashing_wasmtime"));
    put("hashing_watchdog_share", rate("hashing_watchdog"), rate("hashing_undisturbed"));
    ratios
}

fn p99(results: &Results, name: &str) -> Option<f64> {
    results.row(name).map(|row| row.times.quantile_ns(0.99) as f64)
}

/// An aim before its value is known: the figure, the paper's, the limit, which side of it, its unit, and
/// which runs can tell.
struct Wanted(&'static str, &'static str, f64, Side, &'static str, Judge);

enum Side {
    AtMost,
    AtLeast,
}

use Side::{AtLeast, AtMost};

/// Which runs have samples and contenders enough to tell whether an aim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judge {
    AnyRun,
    /// Not a quick one: the figure is far in a tail, or of a rate that short runs do not reach, or beside
    /// fewer contenders than the paper has.
    FullRun,
}

use Judge::{AnyRun, FullRun};

/// Aims for ratios, by the ratio's name.
const RATIOS: &[(&str, Wanted)] = &[
    (
        "mote_warm_1_to_cache_line",
        Wanted("warm p50, one service, to a cache line's way", "", 2.0, AtMost, "×", AnyRun),
    ),
    (
        "process_warm_to_mote_warm_5000",
        Wanted("warm p50, better than a process woken", "7.3 ×", 100.0, AtLeast, "×", FullRun),
    ),
    (
        "wasmtime_warm_fresh_to_mote_warm_5000",
        Wanted("warm p50, better than wasmtime, fresh instance", "", 20.0, AtLeast, "×", AnyRun),
    ),
    (
        "wasmtime_warm_kept_to_mote_warm_5000",
        Wanted("warm p50, better than wasmtime, kept instance", "", 1.3, AtLeast, "×", AnyRun),
    ),
    (
        "mote_warm_1_p99_to_p50",
        Wanted("warm p99 to p50, one service", "1.7 ×", 1.7, AtMost, "×", FullRun),
    ),
    (
        "mote_warm_5000_p99_to_p50",
        Wanted("warm p99 to p50, among 5,000", "1.7 ×", 2.5, AtMost, "×", FullRun),
    ),
    (
        "process_cold_to_mote_cold",
        Wanted("cold p50, better than a process started", "74 ×", 150.0, AtLeast, "×", AnyRun),
    ),
    (
        "dlopen_std_cold_to_mote_cold",
        Wanted("cold p50, better than dlopen with std", "1 ×", 40.0, AtLeast, "×", AnyRun),
    ),
    (
        "dlopen_lean_cold_to_mote_cold",
        Wanted("cold p50, better than dlopen without std", "", 3.0, AtLeast, "×", AnyRun),
    ),
    (
        "wasmtime_cold_file_to_mote_cold",
        Wanted("cold p50, better than wasmtime from a file", "", 4.0, AtLeast, "×", AnyRun),
    ),
    (
        "hashing_watchdog_share",
        Wanted(
            "hashing throughput with preemption on",
            "0.90 at 20 µs",
            0.99,
            AtLeast,
            "",
            FullRun,
        ),
    ),
];

/// Every aim whose figure was measured.
fn aims(results: &Results) -> Vec<Aim> {
    let ratios =
        RATIOS.iter().filter_map(|(name, wanted)| Some((wanted, *results.ratios.get(name)?)));
    let ratios = ratios.map(|(wanted, value)| aim(wanted, value, results.is_quick));
    ratios.chain(absolute(results)).collect()
}

fn absolute(results: &Results) -> impl Iterator<Item = Aim> {
    let rate = results.row("mote_throughput").and_then(|row| row.per_second);
    let bytes = results.row("mote_warm_5000").and_then(|row| row.rss_bytes_each);
    let p50_us = |name: &str| Some(results.row(name)?.p50_ns()? as f64 / 1e3);
    let frames = |frames| p50_us(&format!("kill_ready_guarded_{frames}_frames_0_kib"));
    let per_frame_us = frames("16").zip(frames("1")).map(|(many, one)| (many - one) / 15.0);
    let discard_us = p50_us("kill_ready_discard_1_frames_64_kib");
    let found = [
        (
            rate.map(|rate| rate / 1e6),
            Wanted("throughput, one worker", "5.4 M/s with 14", 5.4, AtLeast, "M/s", FullRun),
        ),
        (
            bytes.map(|bytes| bytes as f64 / 1024.0),
            Wanted("memory of a resident service", "272 KiB", 12.0, AtMost, "KiB", AnyRun),
        ),
        (
            discard_us,
            Wanted("discard, handler to ready, 64 KiB used", "", 2.0, AtMost, "µs", FullRun),
        ),
        (per_frame_us, Wanted("unwinding, each frame", "", 1.0, AtMost, "µs", FullRun)),
    ];
    found.into_iter().filter_map(|(value, wanted)| Some(aim(&wanted, value?, results.is_quick)))
}

fn aim(wanted: &Wanted, value: f64, is_quick: bool) -> Aim {
    let &Wanted(figure, paper, limit, ref side, unit, judge) = wanted;
    let is_at_least = matches!(side, AtLeast);
    let is_met = if is_at_least { value >= limit } else { value <= limit };
    let holds = (judge == AnyRun || !is_quick).then_some(is_met);
    Aim { figure, paper, value, limit, is_at_least, unit, holds }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(rows: &[(&str, u64)]) -> Results {
        let mut results = crate::results::sample(rows);
        compare(&mut results);
        results
    }

    #[test]
    fn ratio_is_of_two_medians_and_absent_without_one_of_them() {
        let results = compared(&[("process_cold", 300_000), ("mote_cold", 1_500)]);
        // Histograms keep three digits.
        let ratio = results.ratios["process_cold_to_mote_cold"];
        assert!((ratio - 200.0).abs() < 0.5, "{ratio}");
        assert!(!results.ratios.contains_key("process_warm_to_mote_warm_5000"));
    }

    #[test]
    fn aim_holds_on_its_side_of_the_limit() {
        let holds = |warm_ns| {
            let results = compared(&[("mote_warm_1", warm_ns)]);
            let aim = results.aims.iter().find(|aim| aim.figure.contains("cache line"));
            aim.unwrap().holds
        };
        assert_eq!((holds(200), holds(201)), (Some(true), Some(false)));
    }

    #[test]
    fn quick_run_judges_medians_and_no_tails() {
        let mut results = crate::results::sample(&[("mote_warm_1", 150)]);
        results.is_quick = true;
        compare(&mut results);
        let holds = |figure: &str| {
            let aim = results.aims.iter().find(|aim| aim.figure.contains(figure));
            aim.unwrap().holds
        };
        assert_eq!((holds("cache line"), holds("p99")), (Some(true), None));
    }
}
