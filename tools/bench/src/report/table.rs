//! The results as a terminal shows them: like the paper's Table 1, and below it what else was measured.

use console::style;

use super::mappings;
use crate::format::table;
use crate::format::units::{grouped, human_bytes, human_ns, micros};
use crate::results::Results;
use crate::stats::row::Row;

const HEADINGS: &[&str] =
    &["time in µs", "resident", "p50", "p90", "p99", "p99.9", "max", "n", "M/s", "memory each"];

/// All of it, for a terminal of so many columns.
#[must_use]
pub fn of(results: &Results, columns: Option<usize>) -> String {
    let title = style(format!("{}, {}", results.command, results.date)).bold();
    let mut text = format!("{title}\n{}\n{}\n\n", results.machine, floors(results));
    for part in [rows, mappings_of, aims] {
        text.push_str(&part(results, columns));
    }
    text.push_str(&missing(results));
    text
}

/// The floors in one line.
pub(crate) fn floors(results: &Results) -> String {
    let floors = &results.floors;
    format!(
        "floors: cache line one way {}, system call {}, signal to handler {}, page fault {}, \
         process {}",
        human_ns(floors.cache_line_one_way_ns),
        human_ns(floors.syscall_ns),
        human_ns(floors.signal_ns),
        human_ns(floors.page_fault_ns),
        human_ns(floors.spawn_ns),
    )
}

fn rows(results: &Results, columns: Option<usize>) -> String {
    let mut chart = table::table(HEADINGS, 1);
    let mut group = None;
    for row in &results.rows {
        if group.is_some_and(|before| before != group_of(row)) {
            chart.add_row(vec![""; HEADINGS.len()]);
        }
        group = Some(group_of(row));
        chart.add_row(cells(row));
    }
    table::drawn(&chart, columns) + "\n"
}

/// Rows of one experiment stand together; table 1 has a group for each contender.
pub(crate) fn group_of(row: &Row) -> &str {
    let first = row.name.split('_').next().unwrap_or(&row.name);
    match &row.name {
        name if name.contains("_at_") => "growth",
        name if name.ends_with("_interrupted") => "interrupted",
        _ => first,
    }
}

/// One row's cells, in the order of the headings.
pub(crate) fn cells(row: &Row) -> Vec<String> {
    let at = |quantile| micros(row.times.quantile_ns(quantile));
    let or_nothing = |text: Option<String>| text.unwrap_or_default();
    vec![
        row.label.clone(),
        or_nothing(row.resident.map(|resident| grouped(resident as u64))),
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        micros(row.times.max_ns()),
        grouped(row.times.count()),
        or_nothing(row.per_second.map(|rate| format!("{:.3}", rate / 1e6))),
        or_nothing(row.rss_bytes_each.map(human_bytes)),
    ]
}

/// The headings of [`cells`].
pub(crate) fn headings() -> &'static [&'static str] {
    HEADINGS
}

fn aims(results: &Results, columns: Option<usize>) -> String {
    if results.aims.is_empty() {
        return String::new();
    }
    let mut chart = table::table(&["", "figure", "here", "aim", "the paper"], 2);
    for aim in &results.aims {
        let mark = match aim.holds {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "–",
        };
        let sign = if aim.is_at_least { "≥" } else { "≤" };
        let value = format!("{:.2} {}", aim.value, aim.unit);
        let limit = format!("{sign} {} {}", aim.limit, aim.unit);
        chart.add_row([mark, aim.figure, value.trim(), limit.trim(), aim.paper]);
    }
    let mut text = table::drawn(&chart, columns)
        .replace('✓', &style('✓').green().to_string())
        .replace('✗', &style('✗').red().to_string());
    if results.aims.iter().any(|aim| aim.holds.is_none()) {
        text.push_str("– is for a run without --quick to judge\n");
    }
    text
}

fn missing(results: &Results) -> String {
    if results.missing.is_empty() {
        return String::new();
    }
    let lines = results.missing.iter();
    let lines = lines.map(|missing| format!("  {}: {}\n", missing.what, missing.why));
    format!("\nnot measured:\n{}", lines.collect::<String>())
}

/// The workers' mappings, by contender and number of services.
fn mappings_of(results: &Results, columns: Option<usize>) -> String {
    let cells = mappings::cells(&results.density);
    let Some((headings, rest)) = cells.split_first() else { return String::new() };
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut chart = table::table(&headings, 1);
    for row in rest {
        chart.add_row(row);
    }
    table::drawn(&chart, columns) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::{ratios, sample};

    #[test]
    fn table_has_a_line_for_each_row_and_each_aim() {
        console::set_colors_enabled(false);
        let mut results = sample(&[("mote_warm_1", 150), ("process_warm", 48_000)]);
        ratios::compare(&mut results);
        let text = of(&results, None);
        assert!(text.contains("the mote_warm_1"), "{text}");
        assert!(
            text.lines().any(|line| line.contains("process_warm") && line.contains("48.0")),
            "{text}"
        );
        assert!(text.contains("✓"), "{text}");
    }
}
