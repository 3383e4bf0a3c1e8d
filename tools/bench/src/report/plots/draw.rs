//! Drawing: a chart on the left, what its lines are on the right, where it hides none of them.

use plotters::coord::Shift;
use plotters::coord::combinators::IntoLogRange as _;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Width and height of all, and width of the chart, in points.
const SIZE: (u32, u32) = (1_120, 460);
const CHART_WIDTH: i32 = 800;
/// Between two lines of the legend, in points.
const LEGEND_STEP: i32 = 24;
/// A curve of so few points has a mark at each.
const MOST_MARKED: usize = 16;
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

/// One line in a plot.
pub(crate) struct Curve {
    pub(crate) label: String,
    /// Curves of one family have one colour.
    pub(crate) family: String,
    pub(crate) is_dashed: bool,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Axes: what they are, and how far they go. The horizontal one is logarithmic.
pub(crate) struct Axes {
    pub(crate) x: &'static str,
    pub(crate) y: &'static str,
    pub(crate) top: f64,
    /// Whether the vertical one is logarithmic too.
    pub(crate) is_log: bool,
}

type Drawn<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, X, Y> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>;

/// The plot, as SVG.
pub(crate) fn svg(curves: &[Curve], axes: &Axes) -> Drawn<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let (left, right) = area.split_horizontally(CHART_WIDTH);
        chart(&left, curves, axes)?;
        legend(&right, curves)?;
        area.present()?;
    }
    Ok(svg)
}

fn chart(area: &Area<'_>, curves: &[Curve], axes: &Axes) -> Drawn<()> {
    let (x, y) = (extent(curves, |&(x, _)| x), extent(curves, |&(_, y)| y));
    let mut builder = ChartBuilder::on(area);
    builder.margin(12).x_label_area_size(42).y_label_area_size(64);
    if axes.is_log {
        let scale = ((x.0..x.1).log_scale(), (y.0..y.1).log_scale());
        draw(&mut builder.build_cartesian_2d(scale.0, scale.1)?, curves, axes)
    } else {
        let scale = ((x.0..x.1).log_scale(), 0.0..axes.top);
        draw(&mut builder.build_cartesian_2d(scale.0, scale.1)?, curves, axes)
    }
}

/// The least and the most, with some room, never empty.
fn extent(curves: &[Curve], of: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
    let values = || curves.iter().flat_map(|curve| curve.points.iter().map(&of));
    let least = values().fold(f64::INFINITY, f64::min).max(1e-3);
    let most = values().fold(least * 1.5, f64::max);
    (least / 1.1, most * 1.1)
}

fn draw<'a, X, Y>(chart: &mut Chart<'a, X, Y>, curves: &[Curve], axes: &Axes) -> Drawn<()>
where
    X: ValueFormatter<f64> + Ranged<ValueType = f64> + 'a,
    Y: ValueFormatter<f64> + Ranged<ValueType = f64> + 'a,
{
    chart
        .configure_mesh()
        .x_desc(axes.x)
        .y_desc(axes.y)
        .axis_desc_style((FONT, 17))
        .label_style((FONT, 15))
        .light_line_style(RGBColor(244, 244, 246))
        .bold_line_style(RGBColor(225, 228, 232))
        .x_label_formatter(&|x| short(*x))
        .y_label_formatter(&|y| short(*y))
        .draw()?;
    for (curve, color) in curves.iter().zip(colors(curves)) {
        let (points, line) = (curve.points.iter().copied(), color.stroke_width(2));
        if curve.is_dashed {
            chart.draw_series(DashedLineSeries::new(points, 6, 4, line))?;
        } else {
            chart.draw_series(LineSeries::new(points, line))?;
        }
        if curve.points.len() <= MOST_MARKED {
            let mark = |&point| Circle::new(point, 3, color.filled());
            chart.draw_series(curve.points.iter().map(mark))?;
        }
    }
    Ok(())
}

/// A line for each curve, in its colour.
fn legend(area: &Area<'_>, curves: &[Curve]) -> Drawn<()> {
    let text = (FONT, 15).into_font().color(&RGBColor(36, 41, 47));
    let text = text.pos(Pos::new(HPos::Left, VPos::Center));
    for ((curve, color), row) in curves.iter().zip(colors(curves)).zip(1..) {
        let y = row * LEGEND_STEP;
        let (ends, line) = ([(4, y), (34, y)], color.stroke_width(2));
        if curve.is_dashed {
            area.draw(&DashedPathElement::new(ends, 6, 4, line))?;
        } else {
            area.draw(&PathElement::new(ends, line))?;
        }
        area.draw(&Text::new(curve.label.clone(), (42, y), text.clone()))?;
    }
    Ok(())
}

/// Each curve's colour: that of the first of its family.
fn colors(curves: &[Curve]) -> impl Iterator<Item = RGBColor> {
    let mut families: Vec<&str> = Vec::new();
    curves.iter().map(move |curve| {
        let known = families.iter().position(|family| *family == curve.family);
        let index = known.unwrap_or_else(|| {
            families.push(&curve.family);
            families.len() - 1
        });
        COLORS[index % COLORS.len()]
    })
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
    use super::*;

    #[test]
    fn numbers_on_axes_are_short() {
        assert_eq!(
            [0.0, 0.125, 20.0, 5_000.0, 2_500_000.0].map(short),
            ["0", "0.125", "20", "5k", "2.5M"]
        );
    }

    #[test]
    fn one_family_has_one_colour() {
        let curve = |family: &str| Curve {
            label: String::new(),
            family: family.into(),
            is_dashed: false,
            points: Vec::new(),
        };
        let found: Vec<_> = colors(&["a", "b", "a"].map(curve)).collect();
        assert!(found[0] == found[2] && found[0] != found[1], "{found:?}");
    }
}
