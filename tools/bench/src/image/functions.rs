//! The functions of an image: from its unwind tables, with names from its symbol table.

use std::collections::BTreeMap;

use mote_loader::{Image, SegmentKind, function_names};
use mote_sigctx::unwind::{Module, TableError};
use serde::Serialize;

use crate::format::text::printable;

/// More functions than an honest image has; a hostile one makes us list no more.
const MOST_FUNCTIONS: usize = 20_000;
/// More errors than anyone reads.
const MOST_ERRORS: usize = 20;

/// One function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Function {
    /// Its name, demangled, if the image still has a symbol for it.
    pub name: Option<String>,
    /// Where it begins, as linked.
    pub address: u64,
    /// Its length.
    pub bytes: u64,
    /// Its call sites that have a landing pad.
    pub landing_pads: usize,
}

/// Why an image has no unwind tables to read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoTables {
    /// It lacks a segment.
    #[error("the image has no text or no read-only segment")]
    Segments,
    /// Its index of functions is missing or broken.
    #[error(transparent)]
    Index(#[from] TableError),
}

/// What the unwind tables say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Functions {
    /// The functions, in the order of their addresses.
    pub list: Vec<Function>,
    /// How many more there are.
    pub left_out: usize,
    /// What is wrong with the tables, told and not acted on.
    pub errors: Vec<String>,
}

/// The functions of the image with these bytes.
#[must_use]
pub fn of(bytes: &[u8], image: &Image<'_>) -> Functions {
    let mut found = Functions::default();
    match module(image) {
        Ok(module) => list(&module, &names(bytes), &mut found),
        Err(error) => found.errors.push(error.to_string()),
    }
    found
}

fn list(module: &Module<'_>, names: &BTreeMap<u64, String>, found: &mut Functions) {
    let functions = module.functions();
    found.left_out = functions.len().saturating_sub(MOST_FUNCTIONS);
    for function in functions.take(MOST_FUNCTIONS) {
        match function {
            Ok(function) => found.list.push(Function {
                name: names.get(&function.start).cloned(),
                address: function.start,
                bytes: function.bytes,
                landing_pads: function.landing_pads,
            }),
            Err(error) if found.errors.len() < MOST_ERRORS => found.errors.push(error.to_string()),
            Err(_) => {}
        }
    }
}

/// The unwind tables of an image, at the addresses that it is linked for.
///
/// # Errors
/// It has no text or nothing read-only, or no index of its functions.
pub fn module<'a>(image: &Image<'a>) -> Result<Module<'a>, NoTables> {
    let segment = |kind| image.segments().find(|segment| segment.kind == kind);
    let (Some(text), Some(rodata)) = (segment(SegmentKind::Text), segment(SegmentKind::ReadOnly))
    else {
        return Err(NoTables::Segments);
    };
    let eh_frame_hdr = image.eh_frame_hdr().unwrap_or_default();
    let text = text.address..text.address.saturating_add(text.memory_bytes);
    Ok(Module::new(text, rodata.address, rodata.bytes, eh_frame_hdr)?)
}

/// The names of functions by address, from `.symtab`; none if it is missing or unreadable.
#[must_use]
pub fn names(bytes: &[u8]) -> BTreeMap<u64, String> {
    let names = function_names(bytes).into_iter();
    names.map(|(address, name)| (address, printable(&name))).collect()
}
