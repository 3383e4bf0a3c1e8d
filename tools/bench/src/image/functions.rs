//! The functions of an image: from its unwind tables, with names from its symbol table.

use std::collections::BTreeMap;

use mote_loader::{Image, function_names};
use serde::Serialize;

use crate::format::text::printable;

/// More functions than an honest image has; a hostile one makes us list no more.
const MOST_FUNCTIONS: usize = 20_000;

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

/// What the unwind tables say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Functions {
    /// The functions, in the order of their addresses.
    pub list: Vec<Function>,
    /// How many more there are.
    pub left_out: usize,
    /// Why they cannot be read.
    pub error: Option<String>,
}

/// The functions of the image with these bytes.
#[must_use]
pub fn of(bytes: &[u8], image: &Image<'_>) -> Functions {
    match mote_loader::functions(image) {
        Ok(functions) => list(&functions, &names(bytes)),
        Err(error) => Functions { error: Some(error.to_string()), ..Functions::default() },
    }
}

fn list(functions: &[mote_loader::Function], names: &BTreeMap<u64, String>) -> Functions {
    let listed = functions.iter().take(MOST_FUNCTIONS).map(|function| Function {
        name: names.get(&function.start).cloned(),
        address: function.start,
        bytes: function.bytes,
        landing_pads: function.landing_pads,
    });
    let left_out = functions.len().saturating_sub(MOST_FUNCTIONS);
    Functions { list: listed.collect(), left_out, error: None }
}

/// The names of functions by address, from `.symtab`; none if it is missing or unreadable.
#[must_use]
pub fn names(bytes: &[u8]) -> BTreeMap<u64, String> {
    let names = function_names(bytes).into_iter();
    names.map(|(address, name)| (address, printable(&name))).collect()
}
