//! The facts of an image, for a person.

use console::style;

use super::facts::{Facts, Relocations};
use super::provenance::{ProvenanceFact, SignatureFact};
use mote_bench::format::table;
use mote_bench::format::text::printable;
use mote_bench::format::units::human_bytes;
use mote_bench::image::functions::Function;

/// All of it, verdict last, for a terminal of so many columns.
pub(super) fn of(facts: &Facts, columns: Option<usize>) -> String {
    let mut text = head(facts);
    if !facts.segments.is_empty() {
        text.push_str(&segments(facts, columns));
        text.push_str(&relocations(&facts.relocations));
        text.push_str(&imports(facts));
        text.push_str(&functions(facts, columns));
        text.push_str(&stop_points(facts));
    }
    text.push_str(&verdict(facts));
    text
}

fn head(facts: &Facts) -> String {
    let toolchain = facts.toolchain.as_deref().unwrap_or("unknown");
    let abi = facts.abi_version.map_or_else(|| "unknown".to_owned(), |v| v.to_string());
    let entry = facts.entry.map_or_else(|| "none".to_owned(), |entry| format!("{entry:#x}"));
    let signature = facts.signature.as_ref().map(SignatureFact::text).unwrap_or_default();
    let provenance = facts.provenance.as_ref().map(ProvenanceFact::text).unwrap_or_default();
    format!(
        "size       {}\ntoolchain  {}\nABI        {abi}\n{provenance}{signature}entry      {entry}\n",
        human_bytes(facts.bytes as u64),
        printable(toolchain)
    )
}

fn segments(facts: &Facts, columns: Option<usize>) -> String {
    let mut segments = table::table(&["segment", "flags", "address", "file", "memory"], 2);
    for segment in &facts.segments {
        segments.add_row([
            segment.name.to_owned(),
            segment.flags.clone(),
            format!("{:#x}", segment.address),
            human_bytes(segment.file_bytes as u64),
            human_bytes(segment.memory_bytes),
        ]);
    }
    heading("Segments") + &table::drawn(&segments, columns)
}

fn relocations(counts: &Relocations) -> String {
    let kinds = [
        ("RELATIVE", counts.relative),
        ("GLOB_DAT", counts.glob_dat),
        ("JUMP_SLOT", counts.jump_slot),
        ("64", counts.direct),
        ("other", counts.other),
    ];
    let total: usize = kinds.iter().map(|(_, count)| count).sum();
    let present = kinds.iter().filter(|(_, count)| *count > 0);
    let listed: Vec<_> = present.map(|(name, count)| format!("{count} {name}")).collect();
    heading(&format!("Relocations: {total}")) + &format!("  {}\n", listed.join(", "))
}

fn imports(facts: &Facts) -> String {
    let mut text = heading(&format!("Imports: {}", facts.imports.len()));
    for import in &facts.imports {
        let remark = if import.is_whitelisted { "" } else { "  (not on the whitelist)" };
        text.push_str(&format!("  {}{remark}\n", printable(&import.name)));
    }
    text
}

fn functions(facts: &Facts, columns: Option<usize>) -> String {
    let (with, without): (Vec<&Function>, Vec<&Function>) =
        facts.functions.iter().partition(|function| function.landing_pads > 0);
    let mut text = list("Functions with landing pads", &with, columns);
    text.push_str(&list("Functions without landing pads", &without, columns));
    if facts.functions_left_out > 0 {
        text.push_str(&format!("  and {} that are not listed\n", facts.functions_left_out));
    }
    if let Some(error) = &facts.unwind_error {
        text.push_str(&format!("  unwind tables: {error}\n"));
    }
    text
}

fn stop_points(facts: &Facts) -> String {
    let Some(longest) = facts.longest_run else { return String::new() };
    let mut text = heading(&format!("Stop points: {}", facts.stop_points.len()));
    text.push_str(&format!("  the longest run without one: {longest} instructions\n"));
    text
}

fn list(title: &str, functions: &[&Function], columns: Option<usize>) -> String {
    let mut text = heading(&format!("{title}: {}", functions.len()));
    if functions.is_empty() {
        return text;
    }
    let mut rows = table::table(&["address", "bytes", "pads", "name"], 0);
    for function in functions {
        rows.add_row([
            format!("{:#x}", function.address),
            function.bytes.to_string(),
            function.landing_pads.to_string(),
            function.name.clone().unwrap_or_else(|| "–".to_owned()),
        ]);
    }
    table::align_left(&mut rows, 3);
    text.push_str(&table::drawn(&rows, columns));
    text
}

fn verdict(facts: &Facts) -> String {
    let verdict = &facts.verdict;
    let mut text = heading("Loader");
    match verdict.slot_bytes {
        Some(bytes) => {
            let accepted = style("accepted").green().bold();
            let size = human_bytes(bytes.into());
            text.push_str(&format!("  {accepted}; takes {size} in each window\n"));
        }
        None => text.push_str(&format!("  {}\n", style("refused").red().bold())),
    }
    if let Some(counter) = &facts.counter {
        let who = "a node whose tenants do not share workers refuses it";
        text.push_str(&format!("  {who}: {}\n", printable(counter)));
    }
    for refusal in &verdict.refusals {
        text.push_str(&format!("  {}\n", printable(refusal)));
    }
    text
}

fn heading(title: &str) -> String {
    format!("\n{}\n", style(title).bold())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_bytes_are_told_without_tables() {
        console::set_colors_enabled(false);
        let text = of(&Facts::of(b"not an image"), None);
        assert!(text.contains("refused"), "{text}");
        assert!(!text.contains("Segments"), "{text}");
    }
}
