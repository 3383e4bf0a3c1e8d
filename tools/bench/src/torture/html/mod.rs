//! Pages that need nothing but a browser: counts, and the disassembly of every function that was injected
//! into, each instruction coloured by its worst verdict.
//!
//! | module | what |
//! | --- | --- |
//! | [`listing`] | the functions of one image, one column of counts for each mode |
//! | [`suite`] | the page of `--suite`: an index, and a listing for each image |

pub mod listing;
pub mod suite;

use std::fmt::Write as _;

use super::map::Map;
use super::report::{Counts, Report};
use super::sweep::Found;
use super::verdict::Verdict;
use listing::Listing;

/// Colours differ in brightness too, and the text on them is dark.
const STYLE: &str = include_str!("page.css");

/// The page of one sweep.
#[must_use]
pub fn page(report: &Report, found: &Found, map: &Map<'_>, image: &[u8]) -> String {
    let mut page = head(&format!("{} in {}", report.service, report.mode));
    let followed = if report.is_complete { "to its end" } else { "not to its end" };
    let _ = writeln!(
        page,
        "<p class=\"facts\">{} injections at {} instructions, followed {followed}; {} per second; {}</p>",
        report.points,
        report.instructions,
        report.per_second,
        escaped(report.toolchain)
    );
    legend(&mut page);
    page.push_str("<h2>Counts</h2>\n");
    let coverage = report.by_coverage.iter().map(|(name, counts)| (*name, *counts));
    table(&mut page, "coverage", coverage.chain([("all", report.verdicts)]));
    let functions = report.by_function.iter().map(|(name, counts)| (name.as_str(), *counts));
    table(&mut page, "function", functions);
    page.push_str("<h2>Disassembly</h2>\n");
    let mut listing = Listing::new(image, [report.mode].into());
    listing.add(report.mode, found, map);
    listing.write(&mut page, map, true);
    page.push_str("</body></html>\n");
    page
}

fn head(title: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\n\
         <style>\n{STYLE}</style></head><body>\n<h1>{title}</h1>\n"
    )
}

/// What the colours mean.
fn legend(page: &mut String) {
    page.push_str("<dl>");
    for verdict in Verdict::ALL {
        let name = verdict.name();
        let _ = write!(page, "<dt class=\"{name}\">{name}</dt><dd>{}</dd>", verdict.meaning());
    }
    page.push_str("</dl>\n");
}

/// A row for each name, with a cell for each verdict, coloured where it was given.
fn table<'r>(page: &mut String, head: &str, rows: impl Iterator<Item = (&'r str, Counts)>) {
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

fn cells(page: &mut String, counts: &Counts) {
    for verdict in Verdict::ALL {
        let (count, name) = (counts.of(verdict), verdict.name());
        let class = if count == 0 { "zero" } else { name };
        let _ = write!(page, "<td class=\"{class}\">{count}</td>");
    }
}

/// The verdicts that were given and are not `clean`: "3 leaked, 1 double_release".
fn amiss(counts: &Counts) -> String {
    let given = Verdict::ALL.into_iter().skip(1).filter(|&verdict| counts.of(verdict) > 0);
    let words = given.map(|verdict| format!("{} {}", counts.of(verdict), verdict.name()));
    words.collect::<Vec<_>>().join(", ")
}

/// Text as HTML has it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_write_tags() {
        assert_eq!(escaped("<T as \"A\">&x"), "&lt;T as &quot;A&quot;&gt;&amp;x");
    }

    #[test]
    fn what_is_amiss_is_told_without_what_is_clean() {
        let counts = Counts { clean: 7, leaked: 3, host_damage: 1, ..Counts::default() };
        assert_eq!(amiss(&counts), "3 leaked, 1 host_damage");
        assert_eq!(amiss(&Counts { clean: 7, ..Counts::default() }), "");
    }
}
