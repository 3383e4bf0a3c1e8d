//! Names of functions, for messages and reports.
//!
//! They come from `.symtab`, which nothing else reads: an image may lack it or lie in it.
#![forbid(unsafe_code)]

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use elf::ElfBytes;
use elf::abi::STT_FUNC;
use elf::endian::LittleEndian;
use rustc_demangle::try_demangle;

/// The functions of the ELF file with these bytes by address, demangled and without their hashes; none if
/// its symbol table is missing or unreadable. Names are not escaped.
#[must_use]
pub fn function_names(file: &[u8]) -> BTreeMap<u64, String> {
    let file = ElfBytes::<LittleEndian>::minimal_parse(file).ok();
    let tables = file.as_ref().and_then(|file| file.symbol_table().ok().flatten());
    let Some((symbols, strings)) = tables else { return BTreeMap::new() };
    let functions = symbols.iter().filter(|symbol| symbol.st_symtype() == STT_FUNC);
    functions
        .filter(|symbol| !symbol.is_undefined())
        .filter_map(|symbol| Some((symbol.st_value, strings.get(symbol.st_name as usize).ok()?)))
        .map(|(address, name)| (address, demangled(name)))
        .collect()
}

fn demangled(symbol: &str) -> String {
    try_demangle(symbol).map_or_else(|_| symbol.to_owned(), |name| format!("{name:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbol_is_demangled_without_its_hash() {
        let name = demangled("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE");
        assert_eq!(name, "core::fmt::Write::write_fmt");
        assert_eq!(demangled("mote_entry"), "mote_entry");
    }

    #[test]
    fn names_are_none_when_the_bytes_are_no_elf() {
        assert!(function_names(b"").is_empty());
        assert!(function_names(&[0x7f; 200]).is_empty());
    }
}
