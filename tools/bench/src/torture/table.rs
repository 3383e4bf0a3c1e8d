//! The tables on the terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::report::{Counts, Report};
use super::verdict::Verdict;
use crate::format::table;

/// At most so many functions are listed.
const MOST_FUNCTIONS: usize = 25;

/// Letters of a function's name that fit beside the counts.
const LONGEST_NAME: usize = 64;

/// One sweep, for a terminal of so many columns.
#[must_use]
pub fn of(report: &Report, columns: Option<usize>) -> String {
    let mut text = head(report);
    text.push_str(&counts("by coverage", rows(&report.by_coverage), report.verdicts, columns));
    let mut functions = rows(&report.by_function);
    let longest = columns.map_or(LONGEST_NAME, |columns| columns.min(LONGEST_NAME));
    functions.iter_mut().for_each(|(name, _)| *name = shortened(name, longest));
    functions.sort_by_key(|(_, counts)| std::cmp::Reverse((counts.worst(), counts.total())));
    let left_out = functions.len().saturating_sub(MOST_FUNCTIONS);
    functions.truncate(MOST_FUNCTIONS);
    text.push('\n');
    text.push_str(&counts("by function, worst first", functions, report.verdicts, columns));
    if left_out > 0 {
        let _ = writeln!(text, "and {left_out} more functions");
    }
    for line in &report.damage {
        let _ = writeln!(text, "host damage: {line}");
    }
    text
}

fn head(report: &Report) -> String {
    let followed = match report {
        Report { is_complete: true, .. } => "to its end",
        Report { is_endless: true, .. } => "as it never ends by itself",
        _ => "not to its end",
    };
    let endings: Vec<_> =
        report.endings.iter().map(|(name, count)| format!("{count} {name}")).collect();
    format!(
        "{} in {}: {} injections at {} instructions, followed {followed}, {} per second\n{}\n\n",
        report.service,
        report.mode,
        report.points,
        report.instructions,
        report.per_second,
        endings.join(", ")
    )
}

/// A suite: a line for each sweep.
#[must_use]
pub fn of_all(reports: &[Report], columns: Option<usize>) -> String {
    let row = |report: &Report| {
        let profile = report.profile.unwrap_or_default();
        (format!("{} {profile} {}", report.service, report.mode), report.verdicts)
    };
    let mut total = Counts::default();
    reports.iter().for_each(|report| total.merge(&report.verdicts));
    let mut text =
        counts("service, profile, mode", reports.iter().map(row).collect(), total, columns);
    for report in reports {
        for line in &report.damage {
            let _ = writeln!(text, "host damage in {} {}: {line}", report.service, report.mode);
        }
    }
    text
}

/// The end of a long name says more than its beginning.
fn shortened(name: &str, longest: usize) -> String {
    let letters = name.chars().count();
    if letters <= longest {
        return name.to_owned();
    }
    let kept = name.chars().skip(letters - longest + 1);
    std::iter::once('…').chain(kept).collect()
}

fn rows<K: AsRef<str>>(map: &BTreeMap<K, Counts>) -> Vec<(String, Counts)> {
    map.iter().map(|(name, counts)| (name.as_ref().to_owned(), *counts)).collect()
}

fn counts(
    title: &str,
    rows: Vec<(String, Counts)>,
    total: Counts,
    columns: Option<usize>,
) -> String {
    let names = Verdict::ALL.map(Verdict::name);
    let heads: Vec<&str> = [title, "points"].into_iter().chain(names).collect();
    let mut table = table::table(&heads, 1);
    for (name, counts) in rows.into_iter().chain([("all".to_owned(), total)]) {
        let values = Verdict::ALL.map(|verdict| counts.of(verdict).to_string());
        table.add_row([name, counts.total().to_string()].into_iter().chain(values));
    }
    table::drawn(&table, columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_name_keeps_its_end() {
        assert_eq!(shortened("core::fmt::write", 64), "core::fmt::write");
        let long = shortened(&format!("{}::next", "a".repeat(100)), 40);
        assert_eq!(long.chars().count(), 40);
        assert!(long.starts_with('…') && long.ends_with("::next"));
    }
}
