use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::dwarf::assembler::{
    Assembled, Described, EXCEPTION, RETURN, RSP, START, TEXT, TestLsda, Words, exact, registers,
    step_in,
};
use crate::dwarf::{Coverage, LsdaError, ProbeSite, TableError};

#[test]
fn return_address_is_looked_up_one_byte_before() {
    let functions = [Described::at(START), Described::at(START + 0x100).cfi(&[0x07, 16])];
    let assembled = Assembled::new(&functions);
    let modules = [assembled.module().unwrap()];
    let words = Words::from([(RSP, RETURN)]);
    let step = |is_exact| {
        let frame = Frame { registers: registers(START + 0x100), is_exact };
        Unwinder::new().step(&modules, &words, &frame, 0).unwrap().step
    };
    assert!(matches!(step(false), Step::Caller(Frame { is_exact: false, .. })));
    assert_eq!(step(true), Step::End);
}

#[test]
fn walk_is_refused_when_nothing_covers_the_instruction() {
    let step = |rip| {
        let frame = Frame { registers: registers(rip), is_exact: true };
        step_in(Described::at(START), &frame, []).unwrap_err()
    };
    let (outside, before, behind) = (TEXT.end, START - 1, START + 0x100);
    assert_eq!(step(outside), UnwindError::NoModule { address: outside });
    assert_eq!(step(before), UnwindError::NoFunction { address: before });
    assert_eq!(step(behind), UnwindError::NoFunction { address: behind });
    let null = Frame { registers: registers(0), is_exact: false };
    let error = step_in(Described::at(START), &null, []).unwrap_err();
    assert_eq!(error, UnwindError::NoModule { address: u64::MAX });
}

/// Call sites: 0x10..0x20 cleanup at 0x40, 0x20..0x30 without pad, 0x30..0x40 terminate at 0x50.
fn with_lsda() -> Described {
    Described::at(START).lsda(&[
        0xff, 0xff, 0x01, 12, //
        0x10, 0x10, 0x40, 0, //
        0x20, 0x10, 0, 0, //
        0x30, 0x10, 0x50, 1, //
        0x7f, 0,
    ])
}

#[test]
fn landing_pad_gets_frame_registers_exception_and_selector() {
    let stepped = step_in(with_lsda(), &exact(0x1f), []).unwrap();
    assert_eq!(stepped.coverage, Coverage::LandingPad);
    let mut expected = *registers(START + 0x40).values();
    expected[0] = EXCEPTION;
    expected[1] = 0;
    assert_eq!(stepped.step, Step::LandingPad(Registers::new(expected)));
}

#[test]
fn landing_pad_pops_pushed_arguments() {
    // advance 0x10; args_size 32; CFA = rsp + 40.
    let stepped = step_in(with_lsda().cfi(&[0x50, 0x2e, 32, 0x0e, 40]), &exact(0x11), []).unwrap();
    let Step::LandingPad(registers) = stepped.step else { panic!("{stepped:?}") };
    assert_eq!(registers.rsp(), RSP + 32);
}

#[test]
fn coverage_tells_pads_gaps_and_functions_without_lsda_apart() {
    let coverage = |function: Described, offset| {
        let from_step = step_in(function.clone(), &exact(offset), [(RSP, RETURN)]).unwrap();
        let assembled = Assembled::new(&[function]);
        let coverage = assembled.module().unwrap().coverage_at(START + offset).unwrap();
        assert_eq!(coverage, from_step.coverage);
        (coverage, matches!(from_step.step, Step::Caller(_)))
    };
    assert_eq!(coverage(with_lsda(), 0x0f), (Coverage::Gap, true));
    assert_eq!(coverage(with_lsda(), 0x10), (Coverage::LandingPad, false));
    assert_eq!(coverage(with_lsda(), 0x20), (Coverage::NoPad, true));
    assert_eq!(coverage(with_lsda(), 0x30), (Coverage::Terminate, false));
    assert_eq!(coverage(with_lsda(), 0x40), (Coverage::Gap, true));
    assert_eq!(coverage(Described::at(START), 0x10), (Coverage::NoLsda, true));
    let null = Described { lsda: TestLsda::Null, ..Described::at(START) };
    assert_eq!(coverage(null, 0x10), (Coverage::NoLsda, true));
}

#[test]
fn terminate_needs_no_stack() {
    assert_eq!(step_in(with_lsda(), &exact(0x30), []).unwrap().step, Step::Terminate);
}

#[test]
fn landing_pad_is_refused_outside_the_text() {
    // Landing pad base: absolute 0x1000.
    let function = Described::at(START).lsda(&[0x02, 0, 0x10, 0xff, 0x01, 4, 0, 0x7f, 0x40, 0]);
    let error = step_in(function, &exact(0), []).unwrap_err();
    assert_eq!(error, UnwindError::LandingPadOutside { address: 0x1040, text: TEXT });
}

#[test]
fn lsda_is_refused_outside_the_module() {
    for distance in [i32::MIN, i32::MAX] {
        let function = Described { lsda: TestLsda::Distance(distance), ..Described::at(START) };
        let error = step_in(function, &exact(0), []).unwrap_err();
        let is_outside = matches!(error, UnwindError::Lsda { error: LsdaError::Outside, .. });
        assert!(is_outside, "{error}");
    }
}

#[test]
fn module_is_refused_without_usable_header() {
    let assembled = Assembled::new(&[Described::at(START)]);
    let (rodata, header) = (&assembled.rodata, assembled.header.clone());
    let base = header.end - rodata.len() as u64;
    let module = |header| Module::new(TEXT, base, rodata, header).map(|_| ()).unwrap_err();
    assert_eq!(module(header.start..header.start), TableError::NoHeader);
    assert!(matches!(module(base - 8..base), TableError::Outside { section: ".eh_frame_hdr", .. }));
    let long = header.start..header.end + 1;
    assert_eq!(module(long), TableError::Truncated { needed: 21, found: 20 });
    let other = Module::new(TEXT, header.start, &rodata[rodata.len() - 20..], header).unwrap_err();
    assert!(matches!(other, TableError::Outside { section: ".eh_frame", .. }));
}

#[test]
fn functions_are_listed_in_order_with_their_landing_pads() {
    let assembled = Assembled::new(&[with_lsda(), Described::at(START + 0x200)]);
    let module = assembled.module().unwrap();
    let functions: Vec<_> = module.functions().map(Result::unwrap).collect();
    assert_eq!(module.functions().len(), 2);
    let expected = [(START, 0x100, true, 2), (START + 0x200, 0x100, false, 0)];
    for (function, (start, bytes, has_lsda, landing_pads)) in functions.iter().zip(expected) {
        assert_eq!(*function, crate::dwarf::Function { start, bytes, has_lsda, landing_pads });
    }
}

#[test]
fn unwinder_is_unaffected_by_an_earlier_failure() {
    // Remember three states and one too many, then fail; the next walk must not see them.
    let bad = Assembled::new(&[Described::at(START).cfi(&[0x0a; 8])]);
    let good = Assembled::new(&[Described::at(START)]);
    let words = Words::from([(RSP, RETURN)]);
    let mut unwinder = Unwinder::new();
    let mut step =
        |assembled: &Assembled| unwinder.step(&[assembled.module().unwrap()], &words, &exact(0), 0);
    assert!(matches!(step(&bad), Err(UnwindError::Cfi { error: gimli::Error::StackFull, .. })));
    assert!(matches!(step(&good), Ok(Stepped { step: Step::Caller(_), .. })));
}

/// Literals and operations more often than chance would have it, so that some expressions are valid.
fn expression_byte() -> impl Strategy<Value = u8> {
    prop_oneof![3 => 0x30..0x50_u8, 3 => 0x12..0x30_u8, 1 => 0x70..0x90_u8, 2 => any::<u8>()]
}

/// A stack whose every word is its own address plus a little: always readable, never helpful.
struct Everywhere;

impl Stack for Everywhere {
    fn read_u64(&self, address: u64) -> Option<u64> {
        Some(address.wrapping_add(address % 64))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn step_is_total_over_any_cfi(
        cfi in proptest::collection::vec(any::<u8>(), 0..48), offset in 0..256_u64,
        values in any::<[u64; 16]>(),
    ) {
        let mut all = [START + offset; 17];
        all[..16].copy_from_slice(&values);
        let frame = Frame { registers: Registers::new(all), is_exact: true };
        let assembled = Assembled::new(&[Described::at(START).cfi(&cfi)]);
        let module = assembled.module().unwrap();
        let _: Result<_, UnwindError> = Unwinder::new().step(&[module], &Everywhere, &frame, 1);
    }

    #[test]
    fn step_is_total_over_any_expression(
        expression in proptest::collection::vec(expression_byte(), 0..32), kind in 0..3_usize,
        values in any::<[u64; 16]>(),
    ) {
        let mut cfi = [&[0x0f_u8][..], &[0x10, 3], &[0x16, 3]][kind].to_vec();
        cfi.push(expression.len() as u8);
        cfi.extend(expression);
        let mut all = [START; 17];
        all[..16].copy_from_slice(&values);
        let frame = Frame { registers: Registers::new(all), is_exact: true };
        let assembled = Assembled::new(&[Described::at(START).cfi(&cfi)]);
        let module = assembled.module().unwrap();
        let _: Result<_, UnwindError> = Unwinder::new().step(&[module], &Everywhere, &frame, 1);
    }

    #[test]
    fn module_is_total_over_damaged_tables(
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        offset in 0..256_u64,
    ) {
        let mut assembled = Assembled::new(&[with_lsda(), Described::at(START + 0x80)]);
        for (index, value) in damage {
            let index = index.index(assembled.rodata.len());
            assembled.rodata[index] = value;
        }
        if let Ok(module) = assembled.module() {
            let _: usize = module.functions().filter(Result::is_ok).count();
            let (frame, modules) = (exact(offset), [module]);
            let mut unwinder = Unwinder::new();
            let _: Result<_, UnwindError> = unwinder.step(&modules, &Everywhere, &frame, 1);
            let mut can_unwind = |pad: u64| pad.is_multiple_of(2);
            let _: Result<_, UnwindError> =
                unwinder.probe(&modules, &Everywhere, &frame, ProbeSite::Unknown, &mut can_unwind);
        }
    }
}
