//! One page with the disassembly of every function that was injected into, each instruction coloured
//! by its worst verdict. It needs nothing but a browser.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use iced_x86::{Decoder, DecoderOptions, Formatter as _, IntelFormatter};
use mote_loader::{Image, SegmentKind};

use super::map::Map;
use super::report::{Counts, Report};
use super::sweep::Found;
use super::verdict::Verdict;

/// Colours that differ in brightness too; dark text on each.
const STYLE: &str = "\
body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#222;background:#fff}
table{border-collapse:collapse;margin:.5em 0 2em}
th,td{padding:.1em .8em;text-align:right;border-bottom:1px solid #eee}
th:first-child,td:first-child,td.code{text-align:left}
td.code{font-family:ui-monospace,monospace;white-space:pre}
h2{font:600 15px ui-monospace,monospace;margin-top:2em}
.clean{background:#d9f2d9}.leaked{background:#fff3bf}.double_release{background:#ffd0b5}
.service_fault{background:#e3c6f5}.host_damage{background:#ff9c9c}.none{color:#999}
span.key{padding:.1em .6em;margin-right:.5em}";

/// The page.
#[must_use]
pub fn page(report: &Report, found: &Found, map: &Map<'_>, image: &[u8]) -> String {
    let title = escaped(&format!("{} in {}", report.service, report.mode));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n<p>{} injections at {} \
         instructions, {} per second, {}</p>\n<p>",
        report.points,
        report.instructions,
        report.per_second,
        escaped(report.toolchain)
    );
    for verdict in Verdict::ALL {
        let name = verdict.name();
        let count = report.verdicts.of(verdict);
        let _ = write!(page, "<span class=\"key {name}\">{name} {count}</span>");
    }
    page.push_str("</p>\n");
    let coverage = report.by_coverage.iter().map(|(name, counts)| (*name, counts));
    table(&mut page, "coverage", coverage);
    let functions = report.by_function.iter().map(|(name, counts)| (name.as_str(), counts));
    table(&mut page, "function", functions);
    disassembly(&mut page, found, map, image);
    page.push_str("</body></html>\n");
    page
}

fn table<'r>(page: &mut String, head: &str, rows: impl Iterator<Item = (&'r str, &'r Counts)>) {
    let _ = write!(page, "<table><tr><th>{head}</th><th>points</th>");
    for verdict in Verdict::ALL {
        let _ = write!(page, "<th>{}</th>", verdict.name());
    }
    page.push_str("</tr>\n");
    for (name, counts) in rows {
        let worst = counts.worst().name();
        let name = escaped(name);
        let _ = write!(page, "<tr class=\"{worst}\"><td>{name}</td><td>{}</td>", counts.total());
        cells(page, counts);
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

fn cells(page: &mut String, counts: &Counts) {
    for verdict in Verdict::ALL {
        let _ = write!(page, "<td>{}</td>", counts.of(verdict));
    }
}

/// What happened at each instruction of the image, by its linked address.
fn by_address(found: &Found, map: &Map<'_>) -> BTreeMap<u64, Counts> {
    let mut all: BTreeMap<u64, Counts> = BTreeMap::new();
    for point in &found.points {
        if let Some(address) = map.linked(point.rip) {
            all.entry(address).or_default().add(Verdict::of(point, &found.baseline));
        }
    }
    all
}

fn disassembly(page: &mut String, found: &Found, map: &Map<'_>, bytes: &[u8]) {
    let Ok(image) = Image::parse(bytes) else { return };
    let Some(text) = image.segments().find(|segment| segment.kind == SegmentKind::Text) else {
        return;
    };
    let counts = by_address(found, map);
    let end = text.address + text.bytes.len() as u64;
    let starts: Vec<u64> = map.functions().keys().copied().filter(|at| *at < end).collect();
    for (index, &start) in starts.iter().enumerate() {
        let stop = starts.get(index + 1).copied().unwrap_or(end);
        if start < text.address || counts.range(start..stop).next().is_none() {
            continue;
        }
        let code = &text.bytes[(start - text.address) as usize..(stop - text.address) as usize];
        let _ = writeln!(page, "<h2>{}</h2>", escaped(&map.functions()[&start]));
        function(page, code, start, map, &counts);
    }
}

fn function(
    page: &mut String,
    code: &[u8],
    start: u64,
    map: &Map<'_>,
    counts: &BTreeMap<u64, Counts>,
) {
    page.push_str("<table><tr><th>instruction</th><th>coverage</th><th>points</th>");
    for verdict in Verdict::ALL {
        let _ = write!(page, "<th>{}</th>", verdict.name());
    }
    page.push_str("</tr>\n");
    let mut formatter = IntelFormatter::new();
    let mut text = String::new();
    for instruction in Decoder::with_ip(64, code, start, DecoderOptions::NONE) {
        let address = instruction.ip();
        text.clear();
        formatter.format(&instruction, &mut text);
        let found = counts.get(&address);
        let class = found.map_or("none", |counts| counts.worst().name());
        let coverage = map.coverage_linked(address).name();
        let _ = write!(
            page,
            "<tr class=\"{class}\"><td class=\"code\">{address:6x}  {}</td><td>{coverage}</td>",
            escaped(&text)
        );
        if let Some(counts) = found {
            let _ = write!(page, "<td>{}</td>", counts.total());
            cells(page, counts);
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
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
}
