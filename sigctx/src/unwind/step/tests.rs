extern crate std;

use std::collections::BTreeMap;
use std::vec::Vec;

use mote_abi::unwind::{FunctionEntry, Row, Site, UnwindHeader, rule_kind};
use proptest::prelude::*;
use zerocopy::IntoBytes;

use super::*;
use crate::registers::COUNT;
use crate::unwind::{ProbeResult, ProbeSite};

/// Where the image's text begins, and how long it is.
const TEXT: u64 = 0x40_0000;
const TEXT_BYTES: u32 = 0x1000;
/// Where its function begins, which is 0x80 bytes long.
const START: u64 = TEXT + 0x100;
/// The stack pointer of the stepped frame.
const RSP: u64 = 0x7000;
/// A return address in the function.
const RETURN: u64 = START + 0x70;
/// The exception that passes.
const EXCEPTION: u64 = 0xdead_0001;

/// A stack that has these words and no others.
#[derive(Clone, Debug, Default)]
struct Words(BTreeMap<u64, u64>);

impl<const N: usize> From<[(u64, u64); N]> for Words {
    fn from(words: [(u64, u64); N]) -> Self {
        Self(words.into())
    }
}

impl Stack for Words {
    fn read_u64(&self, address: u64) -> Option<u64> {
        self.0.get(&address).copied()
    }
}

/// One function with one rule and these sites.
fn table(rule: Rule, flags: u32, pads: &[Pad], sites: &[(u16, u16)]) -> Vec<u32> {
    let header = UnwindHeader {
        functions: 1,
        rules: 1,
        pads: pads.len() as u32,
        rows: 2,
        sites: sites.len() as u32,
    };
    let function = FunctionEntry { start: 0x100, rows: 0, sites_and_flags: flags };
    let rows = [Row { offset: 0, rule: 0 }, Row { offset: 0x80, rule: Row::END }];
    let sites: Vec<_> = sites.iter().map(|&(offset, pad)| Site { offset, pad }).collect();
    let parts =
        [header.as_bytes(), function.as_bytes(), rule.as_bytes(), pads.as_bytes(), rows.as_bytes()];
    let bytes = [parts.concat().as_slice(), sites.as_bytes()].concat();
    let mut words = std::vec![0_u32; bytes.len() / 4];
    words.as_mut_bytes().copy_from_slice(&bytes);
    words
}

/// CFA = rsp + 8, nothing saved.
fn plain() -> Vec<u32> {
    table(PUSHES_NOTHING, 0, &[], &[])
}

/// A pad at bytes 0x10 to 0x20, none to 0x30, one that terminates to 0x40, one that blocks to 0x50, then a gap.
fn with_pads(flags: u32) -> Vec<u32> {
    let pads = [Pad(0x140 | Pad::PASSES), Pad(0x150 | Pad::TERMINATES), Pad(0x160)];
    let sites = [(0x10, 0), (0x20, Site::NO_PAD), (0x30, 1), (0x40, 2), (0x50, Site::GAP)];
    let rule = Rule { argument_bytes: 24, ..PUSHES_NOTHING };
    table(rule, function::HAS_LSDA | flags, &pads, &sites)
}

fn host() -> HostText {
    HostText { fake_frame: 0x10_0000..0x10_0010, memory_functions: 0x11_0000..0x11_0100 }
}

fn registers(rip: u64) -> Registers {
    let mut values = core::array::from_fn(|number| 0x100 + number as u64);
    values[7] = RSP;
    values[16] = rip;
    Registers::new(values)
}

fn exact(rip: u64) -> Frame {
    Frame { registers: registers(rip), is_exact: true }
}

fn step(table: &[u32], frame: &Frame, words: impl Into<Words>) -> Result<Stepped, UnwindError> {
    with_unwinder(table, |unwinder| unwinder.step(&words.into(), frame, EXCEPTION))
}

fn with_unwinder<T>(table: &[u32], run: impl FnOnce(&Unwinder<'_>) -> T) -> T {
    let table = UnwindTable::new(table.as_bytes()).unwrap();
    run(&Unwinder { text: TEXT, text_bytes: TEXT_BYTES, table, host: &host() })
}

fn caller(stepped: Result<Stepped, UnwindError>) -> Frame {
    let Step::Caller(caller) = stepped.unwrap().step else { panic!("{stepped:?}") };
    caller
}

#[test]
fn return_address_is_looked_up_one_byte_before() {
    let words = Words::from([(RSP, RETURN)]);
    let at = |is_exact| {
        let frame = Frame { registers: registers(START + 0x80), is_exact };
        step(&plain(), &frame, words.clone())
    };
    assert!(!caller(at(false)).is_exact);
    assert_eq!(at(true), Err(UnwindError::NoFunction { address: START + 0x80 }));
}

#[test]
fn caller_has_what_was_saved_below_its_stack_pointer() {
    let rule =
        Rule { cfa_register: 6, cfa_offset: 16, saved: [3, 2, 0, 0, 0, 9], ..PUSHES_NOTHING };
    let mut frame = exact(START);
    frame.registers.set(dwarf::RBP, RSP).unwrap();
    let words = [(RSP + 8, RETURN), (RSP - 8, 0x111), (RSP, 0x222), (RSP + 16 - 72, 0x333)];
    let caller = caller(step(&table(rule, 0, &[], &[]), &frame, words));
    let mut expected = *frame.registers.values();
    (expected[3], expected[6], expected[15]) = (0x111, 0x222, 0x333);
    (expected[7], expected[16]) = (RSP + 16, RETURN);
    assert_eq!(caller.registers.values(), &expected);
}

#[test]
fn caller_for_reports_passes_landing_pads_by() {
    let words = Words::from([(RSP, RETURN)]);
    let at = |offset| {
        let frame = exact(START + offset);
        with_unwinder(&with_pads(0), |unwinder| unwinder.caller(&words, &frame)).unwrap().unwrap()
    };
    for offset in [0x10, 0x30] {
        assert_eq!((at(offset).registers.rip(), at(offset).registers.rsp()), (RETURN, RSP + 8));
    }
}

#[test]
fn caller_on_the_same_place_of_the_stack_is_refused() {
    let table = table(Rule { cfa_offset: 0, ..PUSHES_NOTHING }, 0, &[], &[]);
    let error = step(&table, &exact(START), [(RSP - 8, RETURN)]);
    assert_eq!(error, Err(UnwindError::StackNotGrowing { rsp: RSP, caller_rsp: RSP }));
}

#[test]
fn frame_is_exact_above_a_signal_frame() {
    let table = table(PUSHES_NOTHING, function::IS_SIGNAL_FRAME, &[], &[]);
    assert!(caller(step(&table, &exact(START), [(RSP, RETURN)])).is_exact);
}

#[test]
fn walk_ends_where_there_is_no_caller_and_fails_where_the_table_cannot_tell() {
    let with_kind = |kind| table(Rule { kind, ..PUSHES_NOTHING }, 0, &[], &[]);
    let bottom = step(&with_kind(rule_kind::BOTTOM), &exact(START), []).unwrap();
    assert_eq!(bottom.step, Step::End);
    for kind in [rule_kind::UNKNOWN, 77] {
        let error = step(&with_kind(kind), &exact(START), [(RSP, RETURN)]);
        assert_eq!(error, Err(UnwindError::Rule { address: START }));
    }
    let unreadable = step(&plain(), &exact(START), []);
    assert_eq!(unreadable, Err(UnwindError::Unreadable { address: RSP }));
    let backwards = table(Rule { cfa_offset: -8, ..PUSHES_NOTHING }, 0, &[], &[]);
    let error = step(&backwards, &exact(START), [(RSP - 16, RETURN)]);
    assert_eq!(error, Err(UnwindError::StackNotGrowing { rsp: RSP, caller_rsp: RSP - 8 }));
}

#[test]
fn instruction_outside_text_and_functions_is_refused() {
    for address in [TEXT - 1, START - 1, START + 0x80, TEXT + u64::from(TEXT_BYTES), 0, u64::MAX] {
        assert_eq!(step(&plain(), &exact(address), []), Err(UnwindError::NoFunction { address }));
    }
}

#[test]
fn landing_pad_gets_frame_registers_exception_and_selector() {
    let stepped = step(&with_pads(0), &exact(START + 0x1f), []).unwrap();
    let mut expected = *registers(TEXT + 0x140).values();
    (expected[0], expected[1], expected[7]) = (EXCEPTION, 0, RSP + 24);
    let step = Step::LandingPad(Registers::new(expected));
    assert_eq!(stepped, Stepped { coverage: Coverage::LandingPad, step });
}

#[test]
fn landing_pad_outside_text_is_refused() {
    let pad = Pad(TEXT_BYTES | Pad::PASSES);
    let table = table(PUSHES_NOTHING, function::HAS_LSDA, &[pad], &[(0, 0)]);
    let error = step(&table, &exact(START), []);
    let address = TEXT + u64::from(TEXT_BYTES);
    assert_eq!(error, Err(UnwindError::LandingPadOutside { address }));
}

#[test]
fn step_is_that_of_the_site() {
    let at = |offset| {
        let stepped = step(&with_pads(0), &exact(START + offset), [(RSP, RETURN)]).unwrap();
        (stepped.coverage, matches!(stepped.step, Step::Caller(_)))
    };
    assert_eq!(at(0x0f), (Coverage::Gap, true));
    assert_eq!(at(0x20), (Coverage::NoPad, true));
    assert_eq!(at(0x30), (Coverage::Terminate, false));
    assert_eq!(at(0x50), (Coverage::Gap, true));
}

#[test]
fn fake_frame_gives_back_the_interrupted_registers() {
    let interrupted: [u64; COUNT] = core::array::from_fn(|n| RSP + 0x1000 + n as u64);
    let words = interrupted.iter().enumerate().map(|(n, &word)| (RSP + 8 * n as u64, word));
    let words = Words(words.collect());
    let caller = caller(step(&plain(), &exact(host().fake_frame.start), words));
    assert_eq!(caller, Frame { registers: Registers::new(interrupted), is_exact: true });
}

#[test]
fn memory_function_returns_to_the_last_word_of_the_stack() {
    let at = exact(host().memory_functions.start + 5);
    let caller = caller(step(&plain(), &at, [(RSP, RETURN)]));
    assert_eq!((caller.registers.rip(), caller.registers.rsp()), (RETURN, RSP + 8));
    assert!(!caller.is_exact);
}

#[test]
fn probe_is_blocked_by_what_lets_nothing_pass() {
    let probe = |flags, offset, site| {
        let words = Words::from([(RSP, RETURN)]);
        with_unwinder(&with_pads(flags), |unwinder| {
            match unwinder.probe(&words, &exact(START + offset), site).unwrap() {
                ProbeResult::Passes(_, site) => Some(site),
                ProbeResult::Blocked => None,
                ProbeResult::Bottom => panic!("it has a caller"),
            }
        })
    };
    let (known, unknown) = (ProbeSite::Known, ProbeSite::Unknown);
    for site in [known, unknown] {
        assert_eq!(probe(0, 0x10, site), Some(known), "a pad that passes");
        assert_eq!(probe(0, 0x20, site), Some(known), "no pad");
        assert_eq!(probe(0, 0x30, site), None, "a pad that terminates");
        assert_eq!(probe(0, 0x40, site), None, "a pad that blocks");
    }
    assert_eq!(probe(0, 0x00, known), Some(known));
    assert_eq!(probe(0, 0x00, unknown), None, "a panic may come through another pad");
    assert_eq!(probe(function::ALL_PASS, 0x00, unknown), Some(unknown));
}

proptest! {
    #[test]
    fn walk_is_total_over_damaged_tables(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u32>()), 1..8),
        offset in 0..u64::from(TEXT_BYTES), is_exact: bool,
    ) {
        let mut table = with_pads(0);
        for (at, value) in damage {
            let at = at.index(table.len());
            table[at] = value;
        }
        let Some(read) = UnwindTable::new(table.as_bytes()) else { return Ok(()) };
        let host = host();
        let unwinder = Unwinder { text: TEXT, text_bytes: TEXT_BYTES, table: read, host: &host };
        let frame = Frame { registers: registers(TEXT + offset), is_exact };
        let words = Words::from([(RSP, RETURN), (RSP + 8, RETURN)]);
        match unwinder.step(&words, &frame, EXCEPTION).map(|it| it.step) {
            Ok(Step::LandingPad(to)) => {
                prop_assert!((TEXT..TEXT + u64::from(TEXT_BYTES)).contains(&to.rip()));
            }
            Ok(Step::Caller(caller)) => prop_assert!(caller.registers.rsp() > RSP),
            Ok(Step::Terminate | Step::End) | Err(_) => {}
        }
        let _either = unwinder.probe(&words, &frame, ProbeSite::Unknown);
    }
}
