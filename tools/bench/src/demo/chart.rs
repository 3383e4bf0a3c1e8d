//! The results as one table that a person reads, and a few sentences below it.

use std::collections::BTreeMap;
use std::fmt::Display;

use console::style;
use mote_abi::outcome::{Mode, Outcome};

use super::aims;
use super::plan::Timed;
use super::results::{Results, Row};
use crate::floors::Cores;
use crate::format::table;
use crate::format::units::{grouped, micros};
use crate::stats::latency::Percentiles;
use crate::stats::tokens::TokenCounts;

const HEADINGS: &[&str] = &[
    "service",
    "mode",
    "outcome",
    "cleanup",
    "destructors",
    "time in µs",
    "p50",
    "p90",
    "p99",
    "p99.9",
    "to the floor",
];
/// The first column of numbers.
const NUMBERS_FROM: usize = 6;

/// The whole output, for a terminal of so many columns.
#[must_use]
pub fn of(results: &Results, columns: Option<usize>) -> String {
    let mut text = format!("{}\n{}\n\n", style("Mote demo").bold(), results.machine);
    text.push_str(&chart(results, columns));
    text.push('\n');
    text.push_str(&notes(results));
    text
}

fn chart(results: &Results, columns: Option<usize>) -> String {
    let mut chart = table::table(HEADINGS, NUMBERS_FROM);
    for (what, how, floor) in floors(results) {
        chart.add_row(floor_row(what, how, floor));
    }
    let mut group = None;
    for row in &results.rows {
        if group != Some(group_of(row)) {
            chart.add_row(vec![""; HEADINGS.len()]);
            group = Some(group_of(row));
        }
        chart.add_row(service_row(results, row));
    }
    colored(&table::drawn(&chart, columns))
}

/// The headings stand out, and the machine's own rows step back. Colours come last: no column is
/// wider for them.
fn colored(chart: &str) -> String {
    let color = |(number, line): (usize, &str)| match line {
        _ if number == 0 => style(line).bold().to_string(),
        _ if line.starts_with('(') => style(line).dim().to_string(),
        _ => line.to_owned(),
    };
    chart.lines().enumerate().map(color).map(|line| line + "\n").collect()
}

/// Rows that belong together: those that return, those that end badly, and each runaway.
fn group_of(row: &Row) -> &'static str {
    match row.timed {
        Timed::Warm | Timed::Cold => "returning",
        Timed::Total => "broken",
        Timed::Lateness => row.service,
    }
}

/// What of the machine is measured, how, and what came of it.
fn floors(results: &Results) -> [(&'static str, &'static str, &Option<Percentiles>); 4] {
    let floors = &results.floors;
    [
        ("(cache line)", "one way", &floors.cache_line_one_way),
        ("(signal)", "to handler", &floors.signal_to_handler),
        ("(system call)", "one call", &floors.system_call),
        ("(clock)", "one reading", &floors.clock_reading),
    ]
}

fn floor_row(what: &str, how: &str, floor: &Option<Percentiles>) -> Vec<String> {
    let mut row = vec![what.to_owned()];
    row.resize(NUMBERS_FROM - 1, String::new());
    row.push(how.to_owned());
    row.extend(percentiles(floor.as_ref()));
    row.push("floor".to_owned());
    row
}

fn service_row(results: &Results, row: &Row) -> Vec<String> {
    let found = row.times.percentiles();
    let mut cells = vec![
        row.service.to_owned(),
        row.mode.to_string(),
        counted(&row.outcomes),
        counted(&row.cleanups),
        destructors(&row.tokens),
        row.timed.name().to_owned(),
    ];
    cells.extend(percentiles(found.as_ref()));
    cells.push(found.map_or_else(String::new, |found| beside_floor(results, row.timed, &found)));
    cells
}

/// One name, or each name with its count, a line each.
fn counted<T: Display>(counts: &BTreeMap<T, u64>) -> String {
    if let [(only, _)] = counts.iter().collect::<Vec<_>>()[..] {
        return only.to_string();
    }
    let lines = counts.iter().map(|(name, &count)| format!("{} {name}", grouped(count)));
    lines.collect::<Vec<_>>().join("\n")
}

/// How many of the values with a destructor were dropped by the service itself.
fn destructors(tokens: &TokenCounts) -> String {
    if tokens.created == 0 {
        return String::new();
    }
    let [released, created] = [tokens.released, tokens.created].map(|n| grouped(n.into()));
    let mut text = format!("{released} of {created}");
    if tokens.double_released > 0 {
        text.push_str(&format!("\n{} twice", grouped(tokens.double_released.into())));
    }
    text
}

fn percentiles(found: Option<&Percentiles>) -> [String; 4] {
    let columns = found
        .map_or([None; 4], |found| [Some(found.p50_ns), found.p90_ns, found.p99_ns, found.p999_ns]);
    columns.map(|time_ns| time_ns.map_or_else(|| "–".to_owned(), micros))
}

/// The median as a multiple of, or an addition to, the floor that bounds it.
fn beside_floor(results: &Results, timed: Timed, found: &Percentiles) -> String {
    match timed {
        Timed::Warm => aims::ratio(found, &results.floors.cache_line_one_way)
            .map_or_else(String::new, |ratio| format!("{ratio:.1} ×")),
        Timed::Lateness => aims::beyond_us(found, &results.floors.signal_to_handler)
            .map_or_else(String::new, |us| format!("{us:+.1} µs")),
        Timed::Cold | Timed::Total => String::new(),
    }
}

const LEGEND: &str = "\
A cold start begins with the image checked and in memory, but not placed where workers map it.
The last column has the median as a multiple of a cache line's way, or as an addition to a bare signal.
Destructors are those that the service ran itself; what the others would have released, the worker
took back.

";

fn notes(results: &Results) -> String {
    let mut text = where_measured(results.cores);
    text.push_str(LEGEND);
    text.push_str(&aims::told(results));
    text.push_str(&modes(results));
    text.push_str(&what_became_of_the_worker(results));
    text
}

fn where_measured(cores: Option<Cores>) -> String {
    match cores {
        Some(Cores { dispatcher, worker }) => format!(
            "Floors were measured in this run between core {dispatcher} (dispatcher) and core \
             {worker} (worker).\n"
        ),
        None => "This process may use one core only: what lies between two cores cannot be \
                 measured.\n"
            .to_owned(),
    }
}

/// A sentence for each mode that the table shows.
fn modes(results: &Results) -> String {
    let shown = |mode| results.rows.iter().any(|row| row.mode == mode);
    let meaning = |mode| match mode {
        Mode::Guarded => "its next allocation or host call panics; after the grace it is discarded",
        Mode::Inject => "a panic starts at the interrupted instruction; after the grace as above",
        Mode::Discard => "back to the recovery point at once, arena and handles taken back",
    };
    let mut text = "\nAt the end of its budget, a service in mode\n".to_owned();
    for &mode in Mode::ALL.iter().filter(|&&mode| shown(mode)) {
        text.push_str(&format!("  {mode:<8} {}\n", meaning(mode)));
    }
    text
}

fn what_became_of_the_worker(results: &Results) -> String {
    let [asked, answered, killed] = [results.asked, results.answered, results.killed].map(grouped);
    let pid = results.worker_pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
    if results.asked == results.answered {
        return format!(
            "\n{} {killed} invocations were stopped at their deadlines. After every bad end the \
             same worker{pid}\n  answered the next request right: {answered} of {asked}.\n",
            style("✓").green()
        );
    }
    format!(
        "\n{} After every bad end the same worker{pid} should answer the next request right.\n  It \
         did so {answered} of {asked} times{}.\n",
        style("✗").red(),
        if lost(results) > 0 { ", and a worker was lost" } else { "" }
    )
}

fn lost(results: &Results) -> u64 {
    let lost = |row: &Row| row.outcomes.get(&Outcome::WorkerLost).copied().unwrap_or(0);
    results.rows.iter().map(lost).sum()
}

#[cfg(test)]
mod tests {
    use super::super::results;
    use super::*;

    #[test]
    fn counts_are_shown_only_when_there_are_several() {
        let one = BTreeMap::from([(Outcome::Ok, 500)]);
        assert_eq!(counted(&one), "ok");
        let two = BTreeMap::from([(Outcome::OverBudget, 1_498), (Outcome::WorkerLost, 2)]);
        assert_eq!(counted(&two), "1,498 over_budget\n2 worker_lost");
    }

    #[test]
    fn destructors_are_those_that_the_service_ran() {
        let mut tokens = TokenCounts { created: 1_500, released: 1_200, ..TokenCounts::default() };
        assert_eq!(destructors(&tokens), "1,200 of 1,500");
        tokens.double_released = 2;
        assert_eq!(destructors(&tokens), "1,200 of 1,500\n2 twice");
        assert_eq!(destructors(&TokenCounts::default()), "");
    }

    #[test]
    fn chart_has_every_row_and_fits_its_width() {
        console::set_colors_enabled(false);
        let text = of(&results::sample(), None);
        for needed in ["(cache line)", "2.0 ×", "+0.5 µs", "20 of 30", "aim: 2.5 ×", "10 of 10"]
        {
            assert!(text.contains(needed), "no {needed} in\n{text}");
        }
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(130), "{widest:?} columns:\n{text}");
    }

    #[test]
    fn chart_says_so_when_the_worker_did_not_answer() {
        console::set_colors_enabled(false);
        let text = of(&Results { answered: 9, ..results::sample() }, None);
        assert!(text.contains("did so 9 of 10 times"), "{text}");
    }

    #[test]
    fn chart_says_so_when_there_is_one_core() {
        console::set_colors_enabled(false);
        let mut one_core = results::sample();
        one_core.cores = None;
        one_core.floors.cache_line_one_way = None;
        one_core.floors.signal_to_handler = None;
        let text = of(&one_core, None);
        assert!(text.contains("one core only"), "{text}");
        assert!(!text.contains("2.0 ×"), "{text}");
    }
}
