use elf::abi::{ET_EXEC, PF_W, PT_GNU_RELRO, PT_LOAD};
use proptest::prelude::*;

use super::*;

const BASE: u64 = 0x5000_1234_5000;

fn at(base: u64) -> WorkerProgram {
    WorkerProgram::new(PROGRAM, base).unwrap()
}

#[test]
fn embedded_programs_define_every_import_at_an_address_of_its_own() {
    for program in [PROGRAM, TORTURE_PROGRAM] {
        let ImportTable(mut addresses) = WorkerProgram::new(program, BASE).unwrap().imports;
        addresses.sort_unstable();
        assert!(addresses[0] > BASE);
        // `memcmp` and `bcmp` may be one function.
        let distinct = addresses.windows(2).filter(|pair| pair[0] != pair[1]).count() + 1;
        assert!(distinct + 1 >= Import::COUNT, "{distinct} addresses");
    }
}

#[test]
fn all_addresses_move_with_the_base() {
    let (low, high) = (at(BASE), at(BASE + 0x7000));
    assert_eq!(low.imports.0.map(|address| address + 0x7000), high.imports.0);
    assert_eq!((low.text.start + 0x7000, low.text.end + 0x7000), (high.text.start, high.text.end));
    let (low, high) = (low.bytes, high.bytes);
    assert_eq!(low.len(), high.len());
    let file = ElfBytes::<LittleEndian>::minimal_parse(&low).unwrap();
    assert_eq!(file.ehdr.e_type, ET_EXEC);
    assert!(file.segments().unwrap().iter().any(|it| it.p_type == PT_LOAD && it.p_vaddr == BASE));
    // Not one word of the file names an address as linked, and the other: all that differ differ by the distance.
    let words = |bytes: &[u8]| -> Vec<u64> {
        bytes.chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect()
    };
    let pairs = words(&low).into_iter().zip(words(&high));
    let moved = pairs.filter(|(low, high)| low != high).inspect(|(low, high)| {
        assert_eq!(high.wrapping_sub(*low), 0x7000, "{low:#x}");
    });
    assert!(moved.count() > 100);
}

#[test]
fn what_relocations_fill_is_not_writable() {
    let program = at(BASE);
    let file = ElfBytes::<LittleEndian>::minimal_parse(&program.bytes).unwrap();
    let segments = file.segments().unwrap();
    let sealed = segments.iter().find(|it| it.p_type == PT_GNU_RELRO).unwrap();
    let writable = segments.iter().filter(|it| it.p_type == PT_LOAD && it.p_flags & PF_W != 0);
    for segment in writable {
        assert!(segment.p_vaddr >= sealed.p_vaddr + sealed.p_memsz, "{segment:?}");
    }
}

#[test]
fn program_is_refused_when_it_is_no_elf_file_or_fixed_or_defines_nothing() {
    let refused = |bytes: &[u8]| WorkerProgram::new(bytes, BASE).unwrap_err();
    assert!(matches!(refused(b"#!/bin/sh"), ProgramError::Elf(_)));
    assert!(matches!(refused(&at(BASE).bytes), ProgramError::Fixed));
    let stripped = std::fs::read("/bin/true").unwrap();
    assert!(matches!(
        refused(&stripped),
        ProgramError::NoSymbols | ProgramError::NoImport(_) | ProgramError::Relocation { .. }
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_truncation_is_answered(cut in 0..PROGRAM.len()) {
        let _answer = WorkerProgram::new(&PROGRAM[..cut], BASE);
    }

    #[test]
    fn any_damage_is_answered(at in 0..PROGRAM.len().min(4096), byte: u8, base: u64) {
        let mut damaged = PROGRAM.to_vec();
        damaged[at] = byte;
        let _answer = WorkerProgram::new(&damaged, base);
    }
}
