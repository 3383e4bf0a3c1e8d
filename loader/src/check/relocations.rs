//! Judges the relocations and resolves them as far as an unplaced image allows.
//!
//! What comes out says where in the image's read-only bytes to write, and what: nothing is looked up
//! again when the image is placed. Spec: psABI 4.4.1 "Relocation Types".
#![forbid(unsafe_code)]

use elf::abi::{
    R_X86_64_64, R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT, R_X86_64_RELATIVE, SHN_LORESERVE,
};
use elf::relocation::Rela;
use mote_abi::imports::Import;

use crate::error::CheckError;
use crate::image::{Image, NamedSymbol};
use crate::plan::pristine;
use crate::relocations::{Imported, Relative, Relocations};

/// Bytes that a relocation writes.
const WORD_BYTES: u64 = 8;

/// Checks and resolves every relocation of `image`.
pub(super) fn check(image: &Image<'_>) -> Result<Relocations, CheckError> {
    let mut relocations = Relocations::default();
    for relocation in image.relocations() {
        let at = target(image, relocation.r_offset)?;
        match value(image, &relocation)? {
            Value::Address(addend) => relocations.relative.push(Relative { at, addend }),
            Value::Import(import) => relocations.imported.push(Imported { at, import }),
        }
    }
    Ok(relocations)
}

/// What a relocation writes.
enum Value {
    /// An address of the image, as linked.
    Address(u32),
    /// The address of an import.
    Import(Import),
}

/// Offset in the image's read-only bytes of the word that is linked at `address`.
fn target(image: &Image<'_>, address: u64) -> Result<u32, CheckError> {
    if let Some(offset) = image.rodata().offset_of(address, WORD_BYTES) {
        return Ok(offset as u32);
    }
    let data = image.data().filter(|data| data.offset_of(address, WORD_BYTES).is_some());
    let data = data.ok_or(CheckError::RelocationTarget { address })?;
    match data.bytes_at(address, WORD_BYTES) {
        Some(_) => Ok((pristine(image) + (address - data.address)) as u32),
        None => Err(CheckError::RelocationInZeros { address }),
    }
}

fn value(image: &Image<'_>, relocation: &Rela) -> Result<Value, CheckError> {
    let (address, addend) = (relocation.r_offset, relocation.r_addend);
    match relocation.r_type {
        R_X86_64_RELATIVE => own_address(image, address, addend as u64),
        R_X86_64_GLOB_DAT | R_X86_64_JUMP_SLOT => symbol_address(image, relocation, 0),
        R_X86_64_64 => symbol_address(image, relocation, addend),
        kind => Err(CheckError::RelocationKind { kind, address }),
    }
}

fn symbol_address(image: &Image<'_>, relocation: &Rela, addend: i64) -> Result<Value, CheckError> {
    let (address, index) = (relocation.r_offset, relocation.r_sym);
    let symbol = image.symbols().get(index as usize).filter(has_address);
    let symbol = symbol.ok_or(CheckError::RelocationSymbol { address, symbol: index })?;
    match Import::from_name(symbol.name).filter(|_| symbol.symbol.is_undefined()) {
        Some(import) if addend == 0 => Ok(Value::Import(import)),
        Some(import) => Err(CheckError::ImportAddend { address, import: import.name(), addend }),
        None => own_address(image, address, symbol.symbol.st_value.wrapping_add_signed(addend)),
    }
}

/// Whether a symbol is an import or defined in a section.
fn has_address(symbol: &NamedSymbol<'_>) -> bool {
    symbol.index != 0 && symbol.symbol.st_shndx < SHN_LORESERVE
}

/// An address of the image. One past the end of a segment is one: slices and empty items end there.
fn own_address(image: &Image<'_>, address: u64, value: u64) -> Result<Value, CheckError> {
    let is_own = image.placed().any(|segment| segment.offset_of(value, 0).is_some());
    is_own
        .then_some(Value::Address(value as u32))
        .ok_or(CheckError::RelocationValue { address, value })
}
