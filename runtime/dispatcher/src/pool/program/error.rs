//! What may be wrong with the embedded worker program.

use mote_abi::imports::Import;
use thiserror::Error;

/// What is wrong with the embedded worker program.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// It is not a complete ELF file.
    #[error("it is not a readable ELF file: {0}")]
    Elf(#[from] elf::ParseError),
    /// It is not position-independent.
    #[error("it is not a position-independent ELF file of 64 bits")]
    Fixed,
    /// A word cannot be made to hold an address.
    #[error("what stands at {at:#x} cannot be relocated")]
    Relocation {
        /// Its address, as linked.
        at: u64,
    },
    /// It has no symbol table.
    #[error("it has no symbol table (.symtab); was it stripped?")]
    NoSymbols,
    /// It has no executable segment.
    #[error("it has no executable segment")]
    NoText,
    /// A symbol that services are bound to is missing.
    #[error("it defines no symbol for the import `{}`", .0.name())]
    NoImport(Import),
}
