//! The worker program that is embedded in this executable, made for the place where a node's workers have it, and
//! where it defines what services call.

pub(crate) mod error;
mod relocate;

use std::ops::Range;

use elf::endian::LittleEndian;
use elf::segment::ProgramHeader;
use elf::{ElfBytes, abi};
use mote_abi::imports::{Import, ImportTable};

use error::ProgramError;

/// The program, as the build script made it: a position-independent ELF file.
pub(crate) const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/mote-worker"));

/// The program of [`torture`](crate::torture), made of the same sources.
pub(crate) const TORTURE_PROGRAM: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/mote-torture-worker"));

/// The program at its place.
#[derive(Debug)]
pub(crate) struct WorkerProgram {
    /// An ELF file at fixed addresses.
    pub(crate) bytes: Vec<u8>,
    /// The addresses of all imports.
    pub(crate) imports: ImportTable,
    /// The addresses of its executable segment.
    pub(crate) text: Range<u64>,
}

impl WorkerProgram {
    /// `program`, which is one of the embedded, at `base`.
    pub(crate) fn new(program: &[u8], base: u64) -> Result<Self, ProgramError> {
        let bytes = relocate::relocated(program, base)?;
        let (imports, text) = (imports(&bytes)?, text(&bytes)?);
        Ok(Self { bytes, imports, text })
    }
}

/// The addresses of all imports, from the symbol table of `program`.
fn imports(program: &[u8]) -> Result<ImportTable, ProgramError> {
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

/// The addresses of the executable segment of `program`.
fn text(program: &[u8]) -> Result<Range<u64>, ProgramError> {
    let file = ElfBytes::<LittleEndian>::minimal_parse(program)?;
    let is_text = |h: &ProgramHeader| h.p_type == abi::PT_LOAD && h.p_flags & abi::PF_X != 0;
    let header = file.segments().and_then(|all| all.iter().find(is_text));
    let header = header.ok_or(ProgramError::NoText)?;
    Ok(header.p_vaddr..header.p_vaddr.saturating_add(header.p_memsz))
}

#[cfg(test)]
mod tests;
