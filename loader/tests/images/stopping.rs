//! Stop points: which instructions are, and that no cycle of the control flow is without one.

use crate::blueprint::{Blueprint, Described, changed, load};
use mote_loader::{Image, StopKind, StopPoint, longest_run};

/// Where the functions of these tests begin.
const FIRST: u32 = 16;
const SECOND: u32 = 80;

/// An image of two functions with this code.
fn image(first: &[u8], second: &[u8]) -> Blueprint {
    changed(|it| {
        it.functions =
            Some(vec![Described::at(FIRST.into(), 60), Described::at(SECOND.into(), 60)]);
        it.text[FIRST as usize..][..first.len()].copy_from_slice(first);
        it.text[SECOND as usize..][..second.len()].copy_from_slice(second);
        // What is behind falls into nothing.
        it.text[75] = 0xc3;
        it.text[139] = 0xc3;
    })
}

/// The stop points of such an image that are not entries, from the start of their function.
fn stops(first: &[u8], second: &[u8]) -> Vec<(u32, StopKind)> {
    let image = load(&image(first, second).build()).unwrap();
    let points = image.stop_points();
    assert!(points.is_sorted());
    let is_entry = |start| points.contains(&StopPoint { offset: start, kind: StopKind::Entry });
    assert!(is_entry(FIRST) != (first[0] == 0xcc) && is_entry(SECOND));
    let inner = points.iter().filter(|it| ![FIRST, SECOND].contains(&it.offset));
    inner
        .map(|it| (if it.offset < SECOND { it.offset - FIRST } else { it.offset }, it.kind))
        .collect()
}

#[test]
fn jump_is_a_stop_point_when_it_may_lead_backwards() {
    let code = [
        &[0x74, 0x00][..], //  0 je 2
        &[0x74, 0xfe],     //  2 je 2
        &[0xeb, 0x00],     //  4 jmp 6
        &[0xe2, 0xf8],     //  6 loop 0
        &[0xe3, 0x00],     //  8 jrcxz 10
        &[0xe3, 0xf4],     // 10 jrcxz 0
        &[0xff, 0xe0],     // 12 jmp rax
        &[0xeb, 0xf0],     // 14 jmp 0
    ];
    let found = stops(&code.concat(), &[0x90]);
    let loops: Vec<_> = found.iter().filter(|it| it.1 == StopKind::Loop).map(|it| it.0).collect();
    assert_eq!(loops, [2, 6, 10, 12, 14]);
}

#[test]
fn return_is_a_stop_point_when_its_function_is_recursive() {
    let call =
        |from: u32, to: u32| [&[0xe8], to.wrapping_sub(from + 5).to_le_bytes().as_slice()].concat();
    let ret = [0xc3].as_slice();
    assert_eq!(stops(ret, ret), []);
    assert_eq!(stops(&[&call(FIRST, SECOND), ret].concat(), ret), [], "a call is no recursion");
    let itself = stops(&[&call(FIRST, FIRST), ret].concat(), ret);
    assert_eq!(itself, [(5, StopKind::Return), (59, StopKind::Return)]);
    let each_other =
        stops(&[&call(FIRST, SECOND), ret].concat(), &[&call(SECOND, FIRST), ret].concat());
    assert_eq!(each_other.len(), 4, "{each_other:?}");
}

#[test]
fn return_is_a_stop_point_when_a_pointer_may_lead_back() {
    // lea rax, [rip + the function itself]; call rax; ret
    let code = [0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff, 0xff, 0xd0, 0xc3];
    assert_eq!(stops(&code, &[0xc3]), [(9, StopKind::Return), (59, StopKind::Return)]);
    let without_lea = [0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0, 0xc3];
    // The default image has relocations to 32, which is in the first function.
    assert_eq!(stops(&without_lea, &[0xc3]).len(), 2);
    assert_eq!(stops(&[0xc3], &without_lea), []);
}

#[test]
fn called_code_without_a_name_is_an_entry_and_its_pointers_are_stop_points() {
    let mut blueprint = image(&[0xe8, 0x80, 0, 0, 0, 0xc3], &[0xc3]);
    // 160 is in a gap: call rax; ret
    let callee = FIRST as usize + 5 + 0x80;
    blueprint.text[callee + 4..callee + 7].copy_from_slice(&[0xff, 0xd0, 0xc3]);
    let image = load(&blueprint.build()).unwrap();
    let offsets: Vec<_> = image.stop_points().iter().map(|it| it.offset as usize).collect();
    assert!(offsets.contains(&callee) && offsets.contains(&(callee + 4)), "{offsets:?}");
}

#[test]
fn longest_run_is_that_between_two_stop_points() {
    let run = |first: &[u8]| {
        let bytes = image(first, &[0xc3]).build();
        let stops = load(&bytes).unwrap().stop_points().to_vec();
        longest_run(&Image::parse(&bytes).unwrap(), &stops).unwrap()
    };
    let mut first = [0x90; 60];
    assert_eq!(run(&first), 60, "the return at the end included");
    // A loop of one instruction, 20 bytes in.
    first[20..22].copy_from_slice(&[0x74, 0xfe]);
    assert_eq!(run(&first), 39, "the loop's jump and what is behind it");
    // A branch over what is between 30 and 40.
    first[30..32].copy_from_slice(&[0x74, 8]);
    assert_eq!(run(&first), 38, "the longer way");
}

#[test]
fn instruction_that_is_a_breakpoint_is_no_stop_point() {
    assert_eq!(stops(&[0xcc, 0xeb, 0xfd], &[0x90]), [(1, StopKind::Loop)]);
}
