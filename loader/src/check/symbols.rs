//! Judges the dynamic symbols: imports against the whitelist, and the one entry.
#![forbid(unsafe_code)]

use elf::abi::{STT_FUNC, STT_GNU_IFUNC, STT_TLS};
use mote_abi::imports::Import;

use crate::error::{CheckError, cut};
use crate::image::{Image, NamedSymbol};

/// Checks every dynamic symbol of `image` and returns the address of its entry.
pub(super) fn check(image: &Image<'_>) -> Result<u64, CheckError> {
    image.symbols().iter().try_for_each(|symbol| check_symbol(&symbol, image))?;
    check_entry(image)
}

fn check_symbol(symbol: &NamedSymbol<'_>, image: &Image<'_>) -> Result<(), CheckError> {
    let found = symbol.symbol.st_symtype();
    if found == STT_TLS || found == STT_GNU_IFUNC {
        return Err(CheckError::SymbolType { name: cut(symbol.name), found });
    }
    if symbol.symbol.is_undefined() && Import::from_name(symbol.name).is_none() {
        let first_use = image.relocations().find(|it| it.r_sym as usize == symbol.index);
        let first_use = first_use.map(|relocation| relocation.r_offset);
        return Err(CheckError::Import { name: cut(symbol.name), first_use });
    }
    Ok(())
}

fn check_entry(image: &Image<'_>) -> Result<u64, CheckError> {
    let mut entries = image.symbols().entries();
    let entry = entries.next().ok_or(CheckError::EntryMissing)?.symbol;
    if entries.next().is_some() {
        return Err(CheckError::EntryTwice);
    }
    if entry.st_symtype() != STT_FUNC {
        return Err(CheckError::EntryType { found: entry.st_symtype() });
    }
    match image.text().bytes_at(entry.st_value, 1) {
        Some(_) => Ok(entry.st_value),
        None => Err(CheckError::EntryOutside { address: entry.st_value }),
    }
}
