//! The worker program that is embedded in this executable, and where it defines what services call.

use elf::ElfBytes;
use elf::endian::LittleEndian;
use mote_abi::imports::{Import, ImportTable};
use thiserror::Error;

/// The program, as the build script made it: an ELF file at fixed addresses.
pub(crate) const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/mote-worker"));

/// The program of [`torture`](crate::torture), made of the same sources.
pub(crate) const TORTURE_PROGRAM: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/mote-torture-worker"));

/// What is wrong with the embedded worker program.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// It is not a complete ELF file.
    #[error("it is not a readable ELF file: {0}")]
    Elf(#[from] elf::ParseError),
    /// It has no symbol table.
    #[error("it has no symbol table (.symtab); was it stripped?")]
    NoSymbols,
    /// A symbol that services are bound to is missing.
    #[error("it defines no symbol for the import `{}`", .0.name())]
    NoImport(Import),
}

/// The addresses of all imports, from the symbol table of `program`.
pub(crate) fn imports(program: &[u8]) -> Result<ImportTable, ProgramError> {
    let file = ElfBytes::<LittleEndian>::minimal_parse(program)?;
    let (symbols, names) = file.symbol_table()?.ok_or(ProgramError::NoSymbols)?;
    let mut addresses = [0; Import::COUNT];
    for symbol in symbols.iter().filter(|symbol| !symbol.is_undefined()) {
        let name = names.get(symbol.st_name as usize)?;
        if let Some(&import) = Import::ALL.iter().find(|import| import.is_host_symbol(name)) {
            addresses[import as usize] = symbol.st_value;
        }
    }
    match Import::ALL.iter().find(|&&import| addresses[import as usize] == 0) {
        Some(&import) => Err(ProgramError::NoImport(import)),
        None => Ok(ImportTable(addresses)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn embedded_program_defines_every_import_at_an_address_of_its_own() {
        let ImportTable(mut addresses) = imports(PROGRAM).unwrap();
        addresses.sort_unstable();
        assert!(addresses[0] > 0);
        // `memcmp` and `bcmp` may be one function.
        let distinct = addresses.windows(2).filter(|pair| pair[0] != pair[1]).count() + 1;
        assert!(distinct + 1 >= Import::COUNT, "{distinct} addresses");
    }

    #[test]
    fn program_is_refused_when_it_is_no_elf_file_or_defines_nothing() {
        assert!(matches!(imports(b"#!/bin/sh"), Err(ProgramError::Elf(_))));
        let stripped = std::fs::read("/bin/true").unwrap();
        let refused = imports(&stripped).unwrap_err();
        assert!(matches!(refused, ProgramError::NoSymbols | ProgramError::NoImport(_)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_truncation_is_answered(cut in 0..PROGRAM.len()) {
            let _answer = imports(&PROGRAM[..cut]);
        }
    }
}
