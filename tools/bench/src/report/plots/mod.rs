//! The plots: the distribution of latencies, Figure 2, lateness, and growth.

mod draw;

use crate::error::Error;
use crate::results::Results;
use crate::stats::row::Row;
use draw::{Axes, Curve};

/// One plot.
pub(crate) struct Plot {
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    /// How to read it.
    pub(crate) text: &'static str,
    pub(crate) svg: String,
}

/// Every plot that there are results for.
pub(crate) fn all(results: &Results) -> Result<Vec<Plot>, Error> {
    let plots = [latency(results), figure2(results), lateness(results), growth(results)];
    plots.into_iter().filter_map(Result::transpose).collect()
}

/// Rows of the first plot: name, family, whether it is cold.
const LATENCIES: &[(&str, &str, bool)] = &[
    ("mote_warm_1", "mote, one service", false),
    ("mote_warm_5000", "mote", false),
    ("mote_cold", "mote", true),
    ("process_warm", "process", false),
    ("process_cold", "process", true),
    ("dlopen_std_warm", "dlopen_std", false),
    ("dlopen_std_cold", "dlopen_std", true),
    ("dlopen_lean_warm", "dlopen_lean", false),
    ("dlopen_lean_cold", "dlopen_lean", true),
    ("wasmtime_warm_kept", "wasmtime, kept", false),
    ("wasmtime_warm_fresh", "wasmtime", false),
    ("wasmtime_warm_fresh_own_slot", "wasmtime, own slot", false),
    ("wasmtime_cold_file", "wasmtime", true),
];

fn latency(results: &Results) -> Result<Option<Plot>, Error> {
    let curves = LATENCIES.iter().filter_map(|&(name, family, is_cold)| {
        let row = results.row(name)?;
        Some(Curve { family: family.into(), is_dashed: is_cold, ..distribution(row) })
    });
    plot(
        curves.collect(),
        &Axes { x: "latency in µs", y: "share of invocations", top: 1.0, is_log: false },
        "latency.svg",
        "Latency",
        "How many invocations reached the service within how long. Further left is better; broken \
         lines are cold starts.",
    )
}

fn lateness(results: &Results) -> Result<Option<Plot>, Error> {
    let is_lateness = |row: &&Row| {
        row.name.starts_with("watchdog_late")
            || row.name.ends_with("_20us") && row.name.starts_with("timer")
            || row.name.starts_with("kill_late") && row.name.ends_with("_4_frames_64_kib")
            || row.name == "wasmtime_interrupted"
    };
    plot(
        results.rows.iter().filter(is_lateness).map(distribution).collect(),
        &Axes { x: "late by, in µs", y: "share", top: 1.0, is_log: false },
        "lateness.svg",
        "Lateness",
        "How far from its time a timer's handler ran, and how long after its deadline a runaway was \
         stopped. Further left is better.",
    )
}

fn figure2(results: &Results) -> Result<Option<Plot>, Error> {
    let mut curves: Vec<Curve> = Vec::new();
    let quanta = || results.quantum.iter().filter_map(|point| point.quantum_us);
    let (Some(least), Some(most)) = (quanta().min(), quanta().max()) else { return Ok(None) };
    for point in &results.quantum {
        let quanta = point.quantum_us.map_or(vec![least, most], |quantum_us| vec![quantum_us]);
        for quantum_us in quanta {
            // What has no quantum is a line across.
            let is_dashed = point.quantum_us.is_none();
            let at = (f64::from(quantum_us), point.share);
            extend(&mut curves, point.source.into(), point.source, is_dashed, at);
        }
    }
    plot(
        curves,
        &Axes { x: "quantum in µs", y: "share of throughput", top: 1.1, is_log: false },
        "figure2.svg",
        "Throughput against quantum (the paper's Figure 2)",
        "What is left of the hashing throughput of a process that nothing interrupts. Our watchdog \
         interrupts nobody who is within the budget, so it has no quantum.",
    )
}

fn growth(results: &Results) -> Result<Option<Plot>, Error> {
    let mut curves: Vec<Curve> = Vec::new();
    for growth in &results.density {
        let medians = [("warm", growth.warm_p50_ns), ("cold", growth.cold_p50_ns)];
        for (how, p50_ns) in medians {
            let at = (growth.resident as f64, p50_ns as f64 / 1e3);
            let label = format!("{}, {how}", growth.title);
            extend(&mut curves, label, growth.contender, how == "cold", at);
        }
    }
    curves.sort_by_key(|curve| curve.is_dashed);
    plot(
        curves,
        &Axes { x: "resident services", y: "p50 in µs", top: 1.0, is_log: true },
        "growth.svg",
        "Growth",
        "The median latency with more and more resident services. Flat is good, lower is better; broken \
         lines are cold starts.",
    )
}

/// One more point of the curve of this label.
fn extend(
    curves: &mut Vec<Curve>,
    label: String,
    family: &str,
    is_dashed: bool,
    point: (f64, f64),
) {
    match curves.iter_mut().find(|curve| curve.label == label) {
        Some(curve) => curve.points.push(point),
        None => {
            let family = family.to_owned();
            curves.push(Curve { label, family, is_dashed, points: vec![point] });
        }
    }
}

/// The share of samples within a time, from none to all.
fn distribution(row: &Row) -> Curve {
    const STEPS: u32 = 400;
    let point = |step| {
        let share = f64::from(step) / f64::from(STEPS);
        (row.times.quantile_ns(share).max(1) as f64 / 1e3, share)
    };
    let points =
        (0..STEPS).map(point).chain([(row.times.quantile_ns(0.999).max(1) as f64 / 1e3, 0.999)]);
    let (label, family) = (row.label.clone(), row.name.clone());
    Curve { label, family, is_dashed: false, points: points.collect() }
}

fn plot(
    curves: Vec<Curve>,
    axes: &Axes,
    file: &'static str,
    title: &'static str,
    text: &'static str,
) -> Result<Option<Plot>, Error> {
    if curves.is_empty() {
        return Ok(None);
    }
    let svg = draw::svg(&curves, axes).map_err(|source| Error::Plot { file, source })?;
    Ok(Some(Plot { file, title, text, svg }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sample;

    #[test]
    fn plot_is_drawn_for_what_was_measured_alone() {
        let results = sample(&[("mote_warm_1", 150)]);
        let plots = all(&results).unwrap();
        assert_eq!(plots.iter().map(|plot| plot.file).collect::<Vec<_>>(), ["latency.svg"]);
        assert!(plots[0].svg.starts_with("<svg") && plots[0].svg.contains("the mote_warm_1"));
    }
}
