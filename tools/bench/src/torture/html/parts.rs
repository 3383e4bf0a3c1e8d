//! Pieces that the pages share.

use std::fmt::Write as _;

use super::super::report::Counts;
use super::super::verdict::Verdict;
use crate::format::text::escaped;

/// Colours differ in brightness too, and the text on them is dark.
const STYLE: &str = include_str!("page.css");

/// Everything up to the page's heading.
pub(super) fn head(title: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\n\
         <style>\n{STYLE}</style></head><body>\n<h1>{title}</h1>\n"
    )
}

/// What the colours mean.
pub(super) fn legend(page: &mut String) {
    page.push_str("<dl>");
    for verdict in Verdict::ALL {
        let name = verdict.name();
        let _ = write!(page, "<dt class=\"{name}\">{name}</dt><dd>{}</dd>", verdict.meaning());
    }
    page.push_str("</dl>\n");
}

/// A row for each name, with a cell for each verdict, coloured where it was given.
pub(super) fn table<'r>(
    page: &mut String,
    head: &str,
    rows: impl Iterator<Item = (&'r str, Counts)>,
) {
    let _ = write!(page, "<table><tr><th>{head}</th><th>points</th>");
    for verdict in Verdict::ALL {
        let _ = write!(page, "<th>{}</th>", verdict.name());
    }
    page.push_str("</tr>\n");
    for (name, counts) in rows {
        let name = escaped(name);
        let _ = write!(page, "<tr><td class=\"name\">{name}</td><td>{}</td>", counts.total());
        cells(page, &counts);
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

/// A cell for each verdict.
pub(super) fn cells(page: &mut String, counts: &Counts) {
    for verdict in Verdict::ALL {
        let (count, name) = (counts.of(verdict), verdict.name());
        let class = if count == 0 { "zero" } else { name };
        let _ = write!(page, "<td class=\"{class}\">{count}</td>");
    }
}

/// The verdicts that were given and are not `clean`: "3 leaked, 1 double_release".
pub(super) fn amiss(counts: &Counts) -> String {
    let given = Verdict::ALL.into_iter().skip(1).filter(|&verdict| counts.of(verdict) > 0);
    let words = given.map(|verdict| format!("{} {}", counts.of(verdict), verdict.name()));
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_amiss_is_told_without_what_is_clean() {
        let counts = Counts { clean: 7, leaked: 3, host_damage: 1, ..Counts::default() };
        assert_eq!(amiss(&counts), "3 leaked, 1 host_damage");
        assert_eq!(amiss(&Counts { clean: 7, ..Counts::default() }), "");
    }
}
