use std::vec::Vec;

use super::*;
use crate::dwarf::assembler::{
    Assembled, Described, RETURN, RSP, START, TestLsda, Words, exact, registers,
};

/// Call sites: 0x10..0x20 cleanup at 0x40, 0x20..0x30 without pad, 0x30..0x40 terminate at 0x50,
/// 0x40..0x50 cleanup at 0x60. The rest is a gap.
fn function() -> Described {
    Described::at(START).lsda(&[
        0xff, 0xff, 0x01, 16, //
        0x10, 0x10, 0x40, 0, //
        0x20, 0x10, 0, 0, //
        0x30, 0x10, 0x50, 1, //
        0x40, 0x10, 0x60, 0, //
        0x7f, 0,
    ])
}

/// The answer for `function` at `offset`, and the pads that were asked about, of which `blocking` lets
/// nothing pass.
fn probe(
    function: Described,
    offset: u64,
    site: ProbeSite,
    blocking: u64,
) -> (ProbeResult, Vec<u64>) {
    let assembled = Assembled::new(&[function]);
    let module = assembled.module().unwrap();
    let words = Words::from([(RSP, RETURN)]);
    let mut asked = Vec::new();
    let mut can_unwind = |pad: u64| {
        asked.push(pad - START);
        pad - START != blocking
    };
    let frame = exact(offset);
    let found = Unwinder::new().probe(&[module], &words, &frame, site, &mut can_unwind).unwrap();
    (found, asked)
}

fn caller(site: ProbeSite) -> ProbeResult {
    let mut values = *registers(RETURN).values();
    values[7] = RSP + 8;
    let registers = mote_sigctx::registers::Registers::new(values);
    ProbeResult::Passes(Frame { registers, is_exact: false }, site)
}

#[test]
fn pad_of_the_site_decides_and_makes_the_caller_known() {
    for site in [ProbeSite::Known, ProbeSite::Unknown] {
        assert_eq!(probe(function(), 0x10, site, 0x60), (caller(ProbeSite::Known), [0x40].into()));
        assert_eq!(probe(function(), 0x10, site, 0x40).0, ProbeResult::Blocked);
    }
}

#[test]
fn frame_that_terminates_blocks_without_being_asked() {
    let (found, asked) = probe(function(), 0x30, ProbeSite::Known, 0);
    assert_eq!((found, asked.len()), (ProbeResult::Blocked, 0));
}

#[test]
fn unknown_site_in_a_gap_needs_every_pad_to_pass() {
    let (found, asked) = probe(function(), 0x08, ProbeSite::Unknown, 0);
    assert_eq!((found, asked), (caller(ProbeSite::Unknown), [0x40, 0x60].into()));
    assert_eq!(probe(function(), 0x08, ProbeSite::Unknown, 0x60).0, ProbeResult::Blocked);
    // A known site in a gap is passed over, as a raise does.
    let (found, asked) = probe(function(), 0x08, ProbeSite::Known, 0x60);
    assert_eq!((found, asked.len()), (caller(ProbeSite::Known), 0));
}

#[test]
fn call_site_without_a_pad_passes() {
    assert_eq!(probe(function(), 0x20, ProbeSite::Unknown, 0x60).0, caller(ProbeSite::Known));
    let plain = Described { lsda: TestLsda::Absent, ..function() };
    assert_eq!(probe(plain, 0x20, ProbeSite::Unknown, 0x60).0, caller(ProbeSite::Unknown));
}

#[test]
fn frame_without_a_caller_is_the_bottom() {
    let bottom = Described { has_return_rule: true, ..Described::at(START).cfi(&[0x07, 16]) };
    assert_eq!(probe(bottom, 0x20, ProbeSite::Known, 0).0, ProbeResult::Bottom);
}
