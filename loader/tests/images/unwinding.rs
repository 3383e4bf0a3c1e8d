//! Unwind tables: what is made of CFI and LSDAs, and which of them are refused.

use crate::blueprint::{Blueprint, Described, changed, check_error, load};
use elf::abi::R_X86_64_JUMP_SLOT;
use mote_abi::unwind::{Coverage, Found, function, rule_kind};
use mote_loader::{CfiError, CheckError, Checked, LsdaError};

/// Where the function of these tests begins, and its length.
const START: u32 = 16;
const BYTES: u32 = 200;

/// An image whose function has these call frame instructions and this LSDA.
fn described(cfi: &[u8], lsda: &[u8]) -> Blueprint {
    let function =
        Described { cfi: cfi.to_vec(), lsda: lsda.to_vec(), ..Described::at(START.into(), BYTES) };
    changed(|it| it.functions = Some(vec![function]))
}

/// An LSDA with these call sites (start, length, landing pad, action), all but the last below 128.
fn lsda(sites: &[[u8; 4]], actions: &[u8]) -> Vec<u8> {
    let head = [0xff, 0xff, 0x01, 4 * sites.len() as u8];
    [&head, sites.as_flattened(), actions].concat()
}

fn at(image: &Checked, offset: u32) -> Option<Found> {
    image.unwind_table().unwrap().find(START + offset)
}

fn cfi_error(blueprint: &Blueprint) -> CfiError {
    let error = check_error(|it| *it = blueprint.clone());
    let CheckError::Cfi(error) = error else { panic!("{error}") };
    error
}

#[test]
fn rules_are_those_of_the_call_frame_instructions() {
    // push rbp; push r15; then as after a return of both.
    let cfi = [0x41, 0x0e, 16, 0x86, 2, 0x42, 0x0e, 24, 0x8f, 3, 0x44, 0x0e, 8];
    let image = load(&described(&cfi, &[]).build()).unwrap();
    let rule = |offset| at(&image, offset).map(|it| (it.rule.cfa_offset, it.rule.saved));
    assert_eq!(rule(0), Some((8, [0; 6])));
    assert_eq!(rule(1), Some((16, [0, 2, 0, 0, 0, 0])));
    assert_eq!(rule(3), Some((24, [0, 2, 0, 0, 0, 3])));
    assert_eq!(rule(7), Some((8, [0, 2, 0, 0, 0, 3])));
    assert_eq!(rule(BYTES - 1), rule(7));
    assert_eq!(rule(BYTES), None);
    let found = at(&image, 0).unwrap();
    assert_eq!((found.coverage, found.rule.cfa_register), (Coverage::NoLsda, 7));
    assert!(found.function.has(function::ALL_PASS) && !found.function.has(function::HAS_LSDA));
}

#[test]
fn rule_is_unknown_when_a_table_cannot_tell_it() {
    let kind = |cfi: &[u8]| {
        let image = load(&described(cfi, &[]).build()).unwrap();
        at(&image, 0).unwrap().rule.kind
    };
    assert_eq!(kind(&[]), rule_kind::FRAME);
    assert_eq!(kind(&[0x07, 16]), rule_kind::BOTTOM, "the return address is undefined");
    assert_eq!(kind(&[0x07, 3, 0x08, 6]), rule_kind::FRAME, "undefined and same value");
    assert_eq!(kind(&[0x0f, 2, 0x77, 8]), rule_kind::UNKNOWN, "the CFA is an expression");
    assert_eq!(kind(&[0x80, 2]), rule_kind::UNKNOWN, "rax is saved");
    assert_eq!(kind(&[0x90, 2]), rule_kind::UNKNOWN, "the return address is elsewhere");
    assert_eq!(kind(&[0x09, 3, 12]), rule_kind::UNKNOWN, "rbx is in r12");
    assert_eq!(kind(&[0x0c, 17, 8]), rule_kind::UNKNOWN, "the CFA is from a vector register");
}

#[test]
fn sites_are_those_of_the_lsda() {
    let sites = [[0x10, 5, 0x40, 0], [0x15, 5, 0, 0], [0x20, 5, 0x50, 1]];
    let image = load(&described(&[], &lsda(&sites, &[0x7f, 0])).build()).unwrap();
    let coverage = |offset| at(&image, offset).unwrap().coverage;
    assert_eq!(coverage(0x0f), Coverage::Gap);
    assert_eq!(coverage(0x10), Coverage::LandingPad);
    assert_eq!(coverage(0x14), Coverage::LandingPad);
    assert_eq!(coverage(0x15), Coverage::NoPad);
    assert_eq!(coverage(0x1a), Coverage::Gap);
    assert_eq!(coverage(0x20), Coverage::Terminate);
    assert_eq!(coverage(0x25), Coverage::Gap);
    assert_eq!(at(&image, 0x10).unwrap().pad.offset(), START + 0x40);
    assert!(at(&image, 0).unwrap().function.has(function::HAS_LSDA));
}

/// Whether a raise gets through a landing pad with this code, which has the words of `slots` behind it.
fn passes(code: &[u8]) -> bool {
    let mut blueprint = described(&[], &lsda(&[[0x10, 5, 0x40, 0]], &[]));
    let pad = (START + 0x40) as usize;
    blueprint.text[pad..][..code.len()].copy_from_slice(code);
    // The word behind those of the default image is that of `_Unwind_Resume`.
    blueprint.symbols[0].name = b"_Unwind_Resume".to_vec();
    blueprint.plt_relocations[0].symbol = 1;
    assert_eq!(blueprint.plt_relocations[0].kind, R_X86_64_JUMP_SLOT);
    let image = load(&blueprint.build()).unwrap();
    let found = at(&image, 0x10).unwrap();
    assert_eq!(found.pad.passes(), found.function.has(function::ALL_PASS));
    found.pad.passes()
}

/// `call [rip + …]` of the slot of `_Unwind_Resume`, `before` bytes into a pad.
fn resume(before: u32) -> Vec<u8> {
    let distance = 0x2000_0000 + 24 - (START + 0x40 + before + 6);
    [&[0xff, 0x15], distance.to_le_bytes().as_slice()].concat()
}

#[test]
fn raise_gets_through_a_pad_unless_every_path_ends_at_a_trap() {
    const UD2: &[u8] = &[0x0f, 0x0b];
    assert!(passes(&[0xc3]), "it returns");
    assert!(!passes(UD2));
    assert!(!passes(&[0x74, 0x02, 0x0f, 0x0b, 0x0f, 0x0b]), "both sides of a branch trap");
    assert!(passes(&[0x74, 0x02, 0x0f, 0x0b, 0xc3]), "one side returns");
    assert!(passes(&[0xeb, 0xfe]), "it never ends");
    assert!(passes(&[&resume(0), UD2].concat()));
    assert!(passes(&[&[0x90], resume(1).as_slice(), UD2].concat()));
    // A call of what is 16 bytes further, and a trap behind it.
    let calls = |callee: &[u8]| {
        let call =
            [0xe8, 11, 0, 0, 0, 0x0f, 0x0b, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc];
        passes(&[&call, callee].concat())
    };
    assert!(!calls(&[0xc3]), "the callee returns to a trap");
    assert!(!calls(UD2), "the callee traps");
    assert!(calls(&[&resume(16), UD2].concat()), "the callee goes on unwinding");
    assert!(calls(&[0xeb, 0xfe]), "the callee never ends");
    // A call of an import that returns, and then a trap.
    let distance = 0x2000_0000 - (START + 0x40 + 6);
    let import = [&[0xff, 0x15], distance.to_le_bytes().as_slice(), UD2].concat();
    assert!(passes(&import), "the slot holds `_Unwind_Resume` too");
}

#[test]
fn landing_pad_is_refused_where_no_instruction_begins() {
    let error = cfi_error(&described(&[], &lsda(&[[0x70, 0x7f, 0x40, 0]], &[])));
    assert!(
        matches!(error, CfiError::Lsda { error: LsdaError::SiteOutside { .. }, .. }),
        "{error}"
    );
    let mut inside = described(&[], &lsda(&[[0x10, 5, 0x41, 0]], &[]));
    inside.text[(START + 0x40) as usize] = 0xb8;
    let error = cfi_error(&inside);
    assert_eq!(
        error,
        CfiError::LandingPad { function: START.into(), pad: u64::from(START) + 0x41 }
    );
}

#[test]
fn lsda_and_call_frame_instructions_are_refused_when_malformed() {
    let mut relative = lsda(&[[0x10, 5, 0x40, 0]], &[]);
    relative[2] = 0x1b;
    let error = cfi_error(&described(&[], &relative));
    assert!(matches!(error, CfiError::Lsda { error: LsdaError::Encoding { .. }, .. }), "{error}");
    let error = cfi_error(&described(&[0x3f], &[]));
    assert!(matches!(error, CfiError::Program { function: 16, .. }), "{error}");
}

#[test]
fn image_has_no_table_when_it_has_no_call_frame_information() {
    let image = load(&changed(|it| it.functions = None).build()).unwrap();
    assert!(image.unwind_table().is_none());
}
