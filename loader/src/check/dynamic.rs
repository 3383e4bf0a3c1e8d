//! Judges the dynamic table: what would make a loader run code, load others or change text.
//!
//! An entry that this loader does not read has no effect and is let pass.
#![forbid(unsafe_code)]

use alloc::string::String;

use elf::abi::{
    DF_TEXTREL, DT_FINI, DT_FINI_ARRAY, DT_FINI_ARRAYSZ, DT_FLAGS, DT_INIT, DT_INIT_ARRAY,
    DT_INIT_ARRAYSZ, DT_NEEDED, DT_PLTREL, DT_PLTRELSZ, DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ,
    DT_REL, DT_RELA, DT_RELAENT, DT_RELASZ, DT_SYMENT, DT_TEXTREL,
};
use elf::dynamic::Dyn;

use crate::error::{CheckError, cut};
use crate::image::{Dynamic, Image};

/// Bytes of a relocation with addend.
const RELA_BYTES: u64 = 24;

/// Bytes of a symbol.
const SYMBOL_BYTES: u64 = 24;

/// `DT_RELR`: packed relative relocations (gABI 2022).
const DT_RELR: i64 = 36;

/// Functions to run, and arrays of them: each with the tag of its size.
const ARRAYS: [(i64, i64, &str); 3] = [
    (DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ, "DT_PREINIT_ARRAY"),
    (DT_INIT_ARRAY, DT_INIT_ARRAYSZ, "DT_INIT_ARRAY"),
    (DT_FINI_ARRAY, DT_FINI_ARRAYSZ, "DT_FINI_ARRAY"),
];

/// Checks every entry of the dynamic table of `image`.
pub(super) fn check(image: &Image<'_>) -> Result<(), CheckError> {
    let dynamic = image.dynamic();
    dynamic.entries().try_for_each(|entry| check_entry(&entry, dynamic))?;
    ARRAYS.iter().try_for_each(|&(array, size, tag)| check_array(dynamic, array, size, tag))
}

fn check_entry(entry: &Dyn, dynamic: &Dynamic<'_>) -> Result<(), CheckError> {
    let value = entry.d_val();
    match entry.d_tag {
        DT_NEEDED => Err(CheckError::Needed { library: library(dynamic.strings(), value) }),
        DT_INIT => Err(CheckError::Initializer { tag: "DT_INIT" }),
        DT_FINI => Err(CheckError::Initializer { tag: "DT_FINI" }),
        DT_TEXTREL => Err(CheckError::TextRelocations { tag: "DT_TEXTREL" }),
        DT_FLAGS if value & DF_TEXTREL as u64 != 0 => {
            Err(CheckError::TextRelocations { tag: "DF_TEXTREL" })
        }
        DT_REL => Err(CheckError::RelocationFormat { tag: "DT_REL" }),
        DT_RELR => Err(CheckError::RelocationFormat { tag: "DT_RELR" }),
        DT_PLTREL if value != DT_RELA as u64 => shape("DT_PLTREL", value, "7 (DT_RELA)"),
        DT_RELAENT if value != RELA_BYTES => shape("DT_RELAENT", value, "24"),
        DT_SYMENT if value != SYMBOL_BYTES => shape("DT_SYMENT", value, "24"),
        DT_RELASZ if !value.is_multiple_of(RELA_BYTES) => {
            shape("DT_RELASZ", value, "a multiple of 24")
        }
        DT_PLTRELSZ if !value.is_multiple_of(RELA_BYTES) => {
            shape("DT_PLTRELSZ", value, "a multiple of 24")
        }
        _ => Ok(()),
    }
}

/// An array of no functions is allowed, one of unknown length is not.
fn check_array(
    dynamic: &Dynamic<'_>,
    array: i64,
    size: i64,
    tag: &'static str,
) -> Result<(), CheckError> {
    match (dynamic.value(array), dynamic.value(size)) {
        (None, None | Some(0)) | (Some(_), Some(0)) => Ok(()),
        _ => Err(CheckError::Initializer { tag }),
    }
}

fn shape(tag: &'static str, found: u64, expected: &'static str) -> Result<(), CheckError> {
    Err(CheckError::TableShape { tag, found, expected })
}

/// The start of the string at `offset`, for a message.
fn library(strings: &[u8], offset: u64) -> String {
    let name = usize::try_from(offset).ok().and_then(|offset| strings.get(offset..));
    let name = name.unwrap_or_default().split(|&byte| byte == 0).next().unwrap_or_default();
    cut(&String::from_utf8_lossy(&name[..name.len().min(512)]))
}
