//! The results as one page that needs no other file: text, tables, and the plots inside.

use super::mappings;
use super::plots::Plot;
use super::table;
use crate::format::text::escaped;
use crate::results::Results;
use crate::stats::row::Missing;

const STYLE: &str = include_str!("page.css");

/// The page.
pub(crate) fn of(results: &Results, plots: &[Plot]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{0}</h1>\n<p>{1}, {2}, {3}</p>\n<p>{4}</p>\n",
        escaped(&results.command),
        escaped(&results.date),
        escaped(&results.machine.to_string()),
        escaped(results.toolchain),
        escaped(&table::floors(results)),
    );
    page.push_str(&aims(results));
    for plot in plots {
        let (title, text) = (escaped(plot.title), escaped(plot.text));
        let svg = plot.svg.split_once("<svg").map_or("", |(_, rest)| rest);
        page.push_str(&format!("<h2>{title}</h2>\n<p>{text}</p>\n<figure><svg{svg}</figure>\n"));
    }
    page.push_str("<h2>All rows</h2>\n<p>Times in µs. Every sample counts: none is dropped.</p>\n");
    page.push_str(&rows(results));
    page.push_str(&mappings_of(results));
    page.push_str(&missing(results));
    page.push_str("</body>\n</html>\n");
    page
}

fn aims(results: &Results) -> String {
    let mut text = String::from("<h2>Aims</h2>\n<table>\n");
    text.push_str(&line("th", &["figure", "here", "aim", "the paper"].map(str::to_owned), ""));
    for aim in &results.aims {
        let sign = if aim.is_at_least { "≥" } else { "≤" };
        let cells = [
            aim.figure.to_owned(),
            format!("{:.2} {}", aim.value, aim.unit),
            format!("{sign} {} {}", aim.limit, aim.unit),
            aim.paper.to_owned(),
        ];
        text.push_str(&line("td", &cells, class_of(aim.holds)));
    }
    text + "</table>\n"
}

fn class_of(holds: Option<bool>) -> &'static str {
    match holds {
        Some(true) => "holds",
        Some(false) => "misses",
        None => "unjudged",
    }
}

fn rows(results: &Results) -> String {
    let headings = table::headings().iter().map(|&heading| heading.to_owned());
    let mut text = String::from("<table>\n");
    text.push_str(&line("th", &headings.collect::<Vec<_>>(), ""));
    let mut group = None;
    for row in &results.rows {
        let is_first = group != Some(table::group_of(row));
        group = Some(table::group_of(row));
        text.push_str(&line("td", &table::cells(row), if is_first { "first" } else { "" }));
    }
    text + "</table>\n"
}

fn mappings_of(results: &Results) -> String {
    let cells = mappings::cells(&results.density);
    let Some((headings, rest)) = cells.split_first() else { return String::new() };
    let rows: String = rest.iter().map(|row| line("td", row, "")).collect();
    format!("<h2>Mappings</h2>\n<table>\n{}{rows}</table>\n", line("th", headings, ""))
}

fn missing(results: &Results) -> String {
    if results.missing.is_empty() {
        return String::new();
    }
    let item = |missing: &Missing| {
        format!("<li>{}: {}</li>\n", escaped(&missing.what), escaped(&missing.why))
    };
    let items: String = results.missing.iter().map(item).collect();
    format!("<h2>Not measured</h2>\n<ul>\n{items}</ul>\n")
}

fn line(element: &str, cells: &[String], class: &str) -> String {
    let cells = cells.iter().map(|cell| format!("<{element}>{}</{element}>", escaped(cell)));
    format!("<tr class=\"{class}\">{}</tr>\n", cells.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::plots;
    use super::*;
    use crate::results::sample;

    #[test]
    fn page_holds_all_it_shows_and_refers_to_nothing() {
        let results = sample(&[("mote_warm_1", 150), ("mote_cold", 1_500)]);
        let page = of(&results, &plots::all(&results).unwrap());
        assert!(page.contains("the mote_warm_1") && page.contains("<svg"), "{page}");
        assert!(page.contains("A &lt;B&gt;"), "{page}");
        let refers = ["<link", "<script", "src=", "href="].iter().any(|it| page.contains(it));
        assert!(!refers, "{page}");
    }
}
