//! Relocations.

use crate::blueprint::{GOT, Reloc, Sym, check_error};
use elf::abi::*;
use mote_abi::image::{DATA_OFFSET, RODATA_OFFSET};
use mote_loader::CheckError;

fn with_relocation(kind: u32, at: u64, symbol: u32, addend: i64) -> CheckError {
    check_error(|it| it.relocations.push(Reloc { at, kind, symbol, addend }))
}

#[test]
fn relocation_is_refused_when_its_kind_is_unknown() {
    for kind in [R_X86_64_COPY, R_X86_64_IRELATIVE, R_X86_64_DTPMOD64, R_X86_64_PC32, 9999] {
        let error = with_relocation(kind, GOT, 1, 0);
        assert_eq!(error, CheckError::RelocationKind { kind, address: GOT });
    }
}

#[test]
fn relocation_is_refused_when_it_changes_text_or_nothing_of_the_image() {
    for address in [0, 296, GOT - 4, DATA_OFFSET - 8, DATA_OFFSET + 121, u64::MAX - 3] {
        let error = with_relocation(R_X86_64_RELATIVE, address, 0, 0);
        assert_eq!(error, CheckError::RelocationTarget { address });
    }
}

#[test]
fn relocation_is_refused_when_it_changes_zeros() {
    for address in [DATA_OFFSET + 73, DATA_OFFSET + 80, DATA_OFFSET + 120] {
        let error = with_relocation(R_X86_64_RELATIVE, address, 0, 0);
        assert_eq!(error, CheckError::RelocationInZeros { address });
    }
}

#[test]
fn relocation_is_refused_when_its_symbol_has_no_address() {
    for symbol in [0, 5, u32::MAX] {
        let error = with_relocation(R_X86_64_GLOB_DAT, GOT, symbol, 0);
        assert_eq!(error, CheckError::RelocationSymbol { address: GOT, symbol });
    }
    let absolute = check_error(|it| {
        it.symbols.push(Sym { section: SHN_ABS, ..Sym::defined("x", STT_OBJECT, 8) });
        it.relocations.push(Reloc { at: GOT, kind: R_X86_64_64, symbol: 5, addend: 0 });
    });
    assert_eq!(absolute, CheckError::RelocationSymbol { address: GOT, symbol: 5 });
}

#[test]
fn relocation_is_refused_when_its_value_is_outside_the_image() {
    for addend in [-1, 301, RODATA_OFFSET as i64 - 1, DATA_OFFSET as i64 + 129, i64::MIN] {
        let error = with_relocation(R_X86_64_RELATIVE, GOT, 0, addend);
        assert_eq!(error, CheckError::RelocationValue { address: GOT, value: addend as u64 });
    }
    let error = with_relocation(R_X86_64_64, GOT, 4, -17);
    assert_eq!(error, CheckError::RelocationValue { address: GOT, value: u64::MAX });
}

#[test]
fn relocation_is_refused_when_it_points_beside_an_import() {
    let error = with_relocation(R_X86_64_64, GOT, 2, 8);
    assert_eq!(error, CheckError::ImportAddend { address: GOT, import: "memcpy", addend: 8 });
}
