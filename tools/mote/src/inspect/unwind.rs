//! The unwind table of one function, as a worker looks it up.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mote_abi::unwind::{
    FunctionEntry, Row, Rule, SAVED_REGISTERS, Site, UnwindTable, function, rule_kind,
};
use mote_bench::image::functions::names;
use mote_dispatcher::TOOLCHAIN;
use mote_loader::{Expected, verify};

use crate::status::{Failure, OrStatus as _, Status};

/// DWARF's names of the general registers: System V AMD64 psABI, figure 3.36.
const REGISTERS: [&str; 16] = [
    "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
];

/// The tables of the functions of the image whose names contain `wanted`.
pub(super) fn of(bytes: &[u8], wanted: &str) -> Result<String, Failure> {
    let image = verify(bytes, &Expected::of(TOOLCHAIN))
        .or_status(Status::BadImage, || "the loader refuses the image")?;
    let names = names(bytes);
    let mut text = String::new();
    if let Some(table) = image.unwind_table() {
        for (index, function) in table.functions().iter().enumerate() {
            let name = name(&names, function);
            if name.is_some_and(|name| name.contains(wanted)) {
                describe(&mut text, &table, index, function, name.unwrap_or_default());
            }
        }
    }
    if text.is_empty() {
        let error =
            anyhow::anyhow!("the unwind table has no function `{wanted}` (see mote inspect)");
        return Err(Failure { status: Status::Usage, error });
    }
    Ok(text)
}

fn name<'n>(names: &'n BTreeMap<u64, String>, function: &FunctionEntry) -> Option<&'n str> {
    names.range(..=u64::from(function.start)).next_back().map(|(_, name)| name.as_str())
}

fn describe(
    text: &mut String,
    table: &UnwindTable<'_>,
    index: usize,
    function: &FunctionEntry,
    name: &str,
) {
    let lsda = if function.has(function::HAS_LSDA) { "with landing pads" } else { "no LSDA" };
    let _ = writeln!(text, "{name} at {:#x}, {lsda}", function.start);
    for row in table.rows_of(index).unwrap_or_default() {
        let at = function.start + u32::from(row.offset);
        let rule = if row.rule == Row::END { None } else { table.rule(row.rule) };
        let _ = writeln!(text, "  {at:#8x}  {}", rule.map_or("end".to_owned(), |it| told(&it)));
    }
    for site in table.sites_of(index).unwrap_or_default() {
        let at = function.start + u32::from(site.offset);
        let _ = writeln!(text, "  {at:#8x}  {}", site_told(table, site));
    }
}

/// A rule as a disassembler would write it.
fn told(rule: &Rule) -> String {
    match rule.kind {
        rule_kind::FRAME => {}
        rule_kind::BOTTOM => return "no caller".to_owned(),
        _ => return "cannot be left".to_owned(),
    }
    let register = |number: u8| REGISTERS.get(usize::from(number)).copied().unwrap_or("?");
    let mut text = format!("CFA = {} + {}", register(rule.cfa_register), rule.cfa_offset);
    for (saved, words) in SAVED_REGISTERS.iter().zip(rule.saved).filter(|(_, words)| *words > 0) {
        let _ = write!(text, ", {} at CFA - {}", register(*saved), 8 * u32::from(words));
    }
    text
}

fn site_told(table: &UnwindTable<'_>, site: &Site) -> String {
    match site.pad {
        Site::GAP => "taken not to unwind".to_owned(),
        Site::NO_PAD => "nothing to destroy".to_owned(),
        pad => match table.pad(pad) {
            Some(pad) if pad.terminates() => format!("lets nothing pass: pad {:#x}", pad.offset()),
            Some(pad) if !pad.passes() => format!("aborts: pad {:#x}", pad.offset()),
            Some(pad) => format!("pad {:#x}", pad.offset()),
            None => "damaged".to_owned(),
        },
    }
}
