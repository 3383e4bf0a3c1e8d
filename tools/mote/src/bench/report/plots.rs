//! The plots: the distribution of latencies, Figure 2, lateness, and growth.

use anyhow::anyhow;
use plotters::coord::combinators::IntoLogRange as _;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;

use super::super::results::Results;
use super::super::row::Row;

/// Width and height, in points.
const SIZE: (u32, u32) = (960, 480);
const FONT: &str = "sans-serif";

/// Colours that those who cannot tell red from green can tell apart. Source: M. Okabe, K. Ito,
/// "Color Universal Design", 2008.
const COLORS: &[RGBColor] = &[
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(70, 70, 70),
    RGBColor(150, 110, 60),
    RGBColor(120, 94, 240),
];

/// One plot.
pub(super) struct Plot {
    pub(super) file: &'static str,
    pub(super) title: &'static str,
    /// How to read it.
    pub(super) text: &'static str,
    pub(super) svg: String,
}

/// One line in a plot.
struct Curve {
    label: String,
    points: Vec<(f64, f64)>,
}

/// Axes: what they are, and how far they go. The horizontal one is logarithmic.
struct Axes {
    x: &'static str,
    y: &'static str,
    top: f64,
    /// Whether the vertical one is logarithmic too.
    is_log: bool,
}

/// Every plot that there are results for.
pub(super) fn all(results: &Results) -> anyhow::Result<Vec<Plot>> {
    let plots = [latency(results), figure2(results), lateness(results), growth(results)];
    plots.into_iter().filter_map(Result::transpose).collect()
}

fn latency(results: &Results) -> anyhow::Result<Option<Plot>> {
    const ROWS: &[&str] = &[
        "mote_warm_1",
        "mote_warm_5000",
        "mote_cold",
        "process_warm",
        "process_cold",
        "dlopen_std_warm",
        "dlopen_std_cold",
        "dlopen_lean_warm",
        "dlopen_lean_cold",
    ];
    let rows = ROWS.iter().filter_map(|name| results.row(name));
    plot(
        rows.map(distribution).collect(),
        &Axes { x: "latency in µs", y: "share of invocations", top: 1.0, is_log: false },
        "latency.svg",
        "Latency",
        "How many invocations reached the service within how long. Further left is better.",
    )
}

fn lateness(results: &Results) -> anyhow::Result<Option<Plot>> {
    let is_lateness = |row: &&Row| {
        row.name.starts_with("watchdog_late")
            || row.name.ends_with("_20us") && row.name.starts_with("timer")
            || row.name.starts_with("kill_late") && row.name.ends_with("_4_frames_64_kib")
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

fn figure2(results: &Results) -> anyhow::Result<Option<Plot>> {
    let mut curves: Vec<Curve> = Vec::new();
    let quanta = || results.quantum.iter().filter_map(|point| point.quantum_us);
    let (Some(least), Some(most)) = (quanta().min(), quanta().max()) else { return Ok(None) };
    for point in &results.quantum {
        let quanta = point.quantum_us.map_or(vec![least, most], |quantum_us| vec![quantum_us]);
        let points = quanta.into_iter().map(|quantum_us| (f64::from(quantum_us), point.share));
        match curves.iter_mut().find(|curve| curve.label == point.source) {
            Some(curve) => curve.points.extend(points),
            None => curves.push(Curve { label: point.source.into(), points: points.collect() }),
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

fn growth(results: &Results) -> anyhow::Result<Option<Plot>> {
    let mut curves: Vec<Curve> = Vec::new();
    for growth in &results.density {
        for (how, p50_ns) in [("warm", growth.warm_p50_ns), ("cold", growth.cold_p50_ns)] {
            let label = format!("{}, {how}", growth.title);
            let point = (growth.resident as f64, p50_ns as f64 / 1e3);
            match curves.iter_mut().find(|curve| curve.label == label) {
                Some(curve) => curve.points.push(point),
                None => curves.push(Curve { label, points: vec![point] }),
            }
        }
    }
    plot(
        curves,
        &Axes { x: "resident services", y: "p50 in µs", top: 1.0, is_log: true },
        "growth.svg",
        "Growth",
        "The median latency with more and more resident services. Flat is good, lower is better.",
    )
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
    Curve { label: row.label.clone(), points: points.collect() }
}

fn plot(
    curves: Vec<Curve>,
    axes: &Axes,
    file: &'static str,
    title: &'static str,
    text: &'static str,
) -> anyhow::Result<Option<Plot>> {
    if curves.is_empty() {
        return Ok(None);
    }
    let svg = drawn(&curves, axes).map_err(|error| anyhow!("{file}: {error}"))?;
    Ok(Some(Plot { file, title, text, svg }))
}

type Drawn<T> = Result<T, Box<dyn std::error::Error>>;

fn drawn(curves: &[Curve], axes: &Axes) -> Drawn<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let (x, y) = (extent(curves, |&(x, _)| x), extent(curves, |&(_, y)| y));
        let mut builder = ChartBuilder::on(&area);
        builder.margin(12).x_label_area_size(42).y_label_area_size(64);
        if axes.is_log {
            let mut chart =
                builder.build_cartesian_2d((x.0..x.1).log_scale(), (y.0..y.1).log_scale())?;
            draw(&mut chart, curves, axes)?;
        } else {
            let mut chart = builder.build_cartesian_2d((x.0..x.1).log_scale(), 0.0..axes.top)?;
            draw(&mut chart, curves, axes)?;
        }
        area.present()?;
    }
    Ok(svg)
}

/// The least and the most, with some room, never empty.
fn extent(curves: &[Curve], of: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
    let values = || curves.iter().flat_map(|curve| curve.points.iter().map(&of));
    let least = values().fold(f64::INFINITY, f64::min).max(1e-3);
    let most = values().fold(least * 1.5, f64::max);
    (least / 1.1, most * 1.1)
}

type Chart<'a, X, Y> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>;

fn draw<'a, X, Y>(chart: &mut Chart<'a, X, Y>, curves: &[Curve], axes: &Axes) -> Drawn<()>
where
    X: ValueFormatter<f64> + Ranged<ValueType = f64> + 'a,
    Y: ValueFormatter<f64> + Ranged<ValueType = f64> + 'a,
{
    chart
        .configure_mesh()
        .x_desc(axes.x)
        .y_desc(axes.y)
        .axis_desc_style((FONT, 15))
        .label_style((FONT, 13))
        .light_line_style(RGBColor(244, 244, 246))
        .bold_line_style(RGBColor(225, 228, 232))
        .x_label_formatter(&|x| short(*x))
        .y_label_formatter(&|y| short(*y))
        .draw()?;
    for (curve, &color) in curves.iter().zip(COLORS.iter().cycle()) {
        let line = color.stroke_width(2);
        chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), line))?
            .label(curve.label.as_str())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], line));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .label_font((FONT, 13))
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(208, 215, 222))
        .draw()?;
    Ok(())
}

/// A number as short as it can be read.
fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 1e6 => format!("{}M", trimmed(value / 1e6)),
        large if large >= 1e3 => format!("{}k", trimmed(value / 1e3)),
        _ => trimmed(value),
    }
}

fn trimmed(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::super::results::sample;
    use super::*;

    #[test]
    fn plot_is_drawn_for_what_was_measured_alone() {
        let results = sample(&[("mote_warm_1", 150)]);
        let plots = all(&results).unwrap();
        assert_eq!(plots.iter().map(|plot| plot.file).collect::<Vec<_>>(), ["latency.svg"]);
        assert!(plots[0].svg.starts_with("<svg") && plots[0].svg.contains("the mote_warm_1"));
    }

    #[test]
    fn numbers_on_axes_are_short() {
        assert_eq!(
            [0.0, 0.125, 20.0, 5_000.0, 2_500_000.0].map(short),
            ["0", "0.125", "20", "5k", "2.5M"]
        );
    }
}
