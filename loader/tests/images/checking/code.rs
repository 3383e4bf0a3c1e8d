//! Text, and the functions in it.

use crate::blueprint::{Described, changed, check_error, load};
use mote_abi::image::state;
use mote_loader::{CfiError, CheckError};

#[test]
fn text_is_refused_when_it_contains_a_system_call() {
    for offset in [20, 297] {
        let error = check_error(|it| it.text[offset..][..2].copy_from_slice(&[0x0f, 0x05]));
        let CheckError::Instruction { instruction, place } = error else { panic!("{error}") };
        assert_eq!((instruction, place.address), ("syscall", offset as u64));
        assert!(place.to_string().starts_with(&format!("text (at {offset:#x}, bytes 0f 05 ")));
    }
}

#[test]
fn text_is_accepted_when_a_constant_reads_like_a_system_call() {
    let compare = [0x3d, 0x0f, 0x05, 0x00, 0x00];
    load(&changed(|it| it.text[20..25].copy_from_slice(&compare)).build()).unwrap();
}

#[test]
fn text_is_refused_when_it_holds_data_or_half_instructions() {
    let error = check_error(|it| it.text[20] = 0x06);
    assert!(matches!(error, CheckError::NoInstruction { .. }), "{error}");
    let error = check_error(|it| it.text[214] = 0xb8);
    assert!(matches!(error, CheckError::InstructionStraddles { .. }), "{error}");
    let error = check_error(|it| it.text[20..22].copy_from_slice(&[0xeb, 0x80]));
    assert!(matches!(error, CheckError::BranchTarget { target: -106, .. }), "{error}");
    let error = check_error(|it| it.text[20..24].copy_from_slice(&[0x66, 0x74, 0x00, 0x90]));
    assert!(matches!(error, CheckError::BranchPrefix { .. }), "{error}");
}

#[test]
fn image_has_no_stop_points_when_a_branch_leads_into_an_instruction() {
    let into = [0x74, 0x01, 0xb8, 0x90, 0x90, 0x90, 0x90];
    let stops = |bytes: &[u8]| {
        let changed = changed(|it| it.text[20..][..bytes.len()].copy_from_slice(bytes));
        load(&changed.build()).unwrap().stop_points().len()
    };
    assert_eq!(stops(&into), 0);
    assert_ne!(stops(&[0x90]), 0);
    let call = [0x74, 0x01, 0xb8, 0x0f, 0x05, 0x90, 0x90];
    let error = check_error(|it| it.text[20..27].copy_from_slice(&call));
    assert!(matches!(error, CheckError::Instruction { instruction: "syscall", .. }), "{error}");
}

#[test]
fn functions_are_refused_when_they_overlap_or_leave_text() {
    let with = |functions| {
        let error = check_error(|it| it.functions = Some(functions));
        let CheckError::Cfi(error) = error else { panic!("{error}") };
        error
    };
    let error = with(vec![Described::at(16, 20), Described::at(35, 20)]);
    assert_eq!(error, CfiError::Overlap { first: 16, second: 35 });
    let error = with(vec![Described::at(290, 11)]);
    assert_eq!(error, CfiError::FunctionOutside { start: 290, bytes: 11 });
    let twice_and_empty = vec![Described::at(16, 20), Described::at(16, 20), Described::at(17, 0)];
    load(&changed(|it| it.functions = Some(twice_and_empty)).build()).unwrap();
}

#[test]
fn state_that_text_can_change_is_told() {
    let state = |bytes: &[u8]| {
        let blueprint = changed(|it| it.text[20..][..bytes.len()].copy_from_slice(bytes));
        load(&blueprint.build()).unwrap().state()
    };
    assert_eq!(state(&[0x90]), 0);
    assert_eq!(state(&[0xd9, 0xe8, 0x9d]), state::X87 | state::FLAGS);
}

#[test]
fn counter_that_text_reads_is_told_with_its_place() {
    let load = |bytes: &[u8]| {
        load(&changed(|it| it.text[20..][..bytes.len()].copy_from_slice(bytes)).build()).unwrap()
    };
    assert_eq!(load(&[0x90]).counter(), None);
    let image = load(&[0x0f, 0x31, 0x90]);
    let told = image.counter().unwrap().to_string();
    assert!(told.starts_with("text (at 0x14, bytes 0f 31 90"), "{told}");
    assert!(told.ends_with("has the instruction `rdtsc`"), "{told}");
}
