//! The functions of one image that were injected into, with a column of counts for each mode.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use iced_x86::{Decoder, DecoderOptions, Formatter as _, Instruction, IntelFormatter};
use mote_loader::{Image, SegmentKind};

use super::super::map::Map;
use super::super::report::Counts;
use super::super::sweep::Found;
use super::super::verdict::Verdict;
use super::parts::amiss;
use crate::format::text::escaped;

/// What happened at each instruction of an image.
#[derive(Clone, Debug)]
pub struct Listing<'i> {
    image: &'i [u8],
    modes: Vec<&'static str>,
    /// For each mode, counts by linked address.
    counts: Vec<BTreeMap<u64, Counts>>,
}

impl<'i> Listing<'i> {
    /// Nothing has happened yet in any of `modes`.
    #[must_use]
    pub fn new(image: &'i [u8], modes: Vec<&'static str>) -> Self {
        let counts = vec![BTreeMap::new(); modes.len()];
        Self { image, modes, counts }
    }

    /// Adds what a sweep in `mode` found; `map` is that of the sweep.
    pub fn add(&mut self, mode: &str, found: &Found, map: &Map) {
        let Some(column) = self.modes.iter().position(|known| *known == mode) else { return };
        for point in &found.points {
            if let Some(address) = map.linked(point.rip) {
                let verdict = Verdict::of(point, &found.baseline);
                self.counts[column].entry(address).or_default().add(verdict);
            }
        }
    }

    /// Appends a section for each function, folded unless `unfolds` and something is amiss there.
    pub fn write(&self, page: &mut String, map: &Map, unfolds: bool) {
        let Ok(image) = Image::parse(self.image) else { return };
        let Some(text) = image.segments().find(|segment| segment.kind == SegmentKind::Text) else {
            return;
        };
        let end = text.address + text.bytes.len() as u64;
        let starts: Vec<u64> =
            map.functions().range(text.address..end).map(|(at, _)| *at).collect();
        for (index, &start) in starts.iter().enumerate() {
            let stop = starts.get(index + 1).copied().unwrap_or(end);
            let all = self.total(start..stop);
            if all.total() == 0 {
                continue;
            }
            let code = &text.bytes[(start - text.address) as usize..(stop - text.address) as usize];
            let is_open = unfolds && all.worst() > Verdict::Clean;
            summary(page, &map.functions()[&start], &all, is_open);
            self.function(page, code, start, map);
            page.push_str("</details>\n");
        }
    }

    /// All counts of all modes in a range of addresses.
    fn total(&self, range: Range<u64>) -> Counts {
        let mut total = Counts::default();
        for column in &self.counts {
            column.range(range.clone()).for_each(|(_, counts)| total.merge(counts));
        }
        total
    }

    fn function(&self, page: &mut String, code: &[u8], start: u64, map: &Map) {
        page.push_str("<table><tr><th>instruction</th><th>coverage</th>");
        for mode in &self.modes {
            let _ = write!(page, "<th>{mode}</th>");
        }
        page.push_str("</tr>\n");
        let mut formatter = formatter();
        let mut text = String::new();
        for instruction in Decoder::with_ip(64, unpadded(code), start, DecoderOptions::NONE) {
            text.clear();
            formatter.format(&instruction, &mut text);
            self.row(page, &instruction, &text, map);
        }
        page.push_str("</table>\n");
    }

    fn row(&self, page: &mut String, instruction: &Instruction, text: &str, map: &Map) {
        let address = instruction.ip();
        let total = self.total(address..address + 1);
        let class = if total.total() == 0 { "none" } else { total.worst().name() };
        let coverage = map.coverage_linked(address).name();
        let _ = write!(
            page,
            "<tr class=\"{class}\"><td class=\"code\">{address:6x}  {}</td>\
             <td class=\"where\">{coverage}</td>",
            escaped(text)
        );
        for column in &self.counts {
            cell(page, column.get(&address));
        }
        page.push_str("</tr>\n");
    }
}

/// Without the `int3` that fill the room before the next function.
fn unpadded(code: &[u8]) -> &[u8] {
    const INT3: u8 = 0xcc;
    let bytes = code.iter().rposition(|&byte| byte != INT3).map_or(0, |last| last + 1);
    &code[..bytes]
}

/// The head of a function's section, which stays open.
fn summary(page: &mut String, name: &str, counts: &Counts, is_open: bool) {
    let open = if is_open { " open" } else { "" };
    let _ = write!(page, "<details{open}><summary>{}", escaped(name));
    for verdict in Verdict::ALL.into_iter().filter(|&verdict| counts.of(verdict) > 0) {
        let name = verdict.name();
        let _ = write!(page, "<span class=\"key {name}\">{} {name}</span>", counts.of(verdict));
    }
    page.push_str("</summary>\n");
}

fn cell(page: &mut String, counts: Option<&Counts>) {
    let Some(counts) = counts else { return page.push_str("<td></td>") };
    let (worst, total) = (counts.worst().name(), counts.total());
    let _ = match amiss(counts) {
        none if none.is_empty() => write!(page, "<td class=\"{worst}\">{total}</td>"),
        all if counts.clean == 0 => write!(page, "<td class=\"{worst}\">{all}</td>"),
        some => write!(page, "<td class=\"{worst}\">{some} of {total}</td>"),
    };
}

/// Numbers as people write them in Rust and C.
fn formatter() -> IntelFormatter {
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_branch_leading_zeros(false);
    options.set_space_after_operand_separator(true);
    formatter
}
