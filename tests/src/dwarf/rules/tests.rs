use std::vec::Vec;

use super::*;
use crate::dwarf::assembler::{Described, RETURN, RSP, START, Words, exact, registers, step_in};
use crate::dwarf::{Step, UnwindError};

fn caller_in(cfi: &[u8], words: impl Into<Words>) -> Result<Registers, UnwindError> {
    match step_in(Described::at(START).cfi(cfi), &exact(0x10), words)?.step {
        Step::Caller(frame) => Ok(frame.registers),
        other => panic!("expected a caller, got {other:?}"),
    }
}

fn get(registers: &Registers, number: u16) -> u64 {
    registers.get(number).unwrap()
}

#[test]
fn caller_has_return_address_and_popped_stack() {
    let caller = caller_in(&[], [(RSP, RETURN)]).unwrap();
    let mut expected = *registers(RETURN).values();
    expected[7] = RSP + 8;
    assert_eq!(caller, Registers::new(expected));
}

#[test]
fn caller_has_saved_registers_after_the_push_and_not_before() {
    // advance 4; CFA = rsp + 24; rbx at CFA - 24, rbp at CFA - 16.
    let cfi = [0x44, 0x0e, 24, 0x83, 3, 0x86, 2];
    let words = [(RSP, 0xb), (RSP + 8, 0xbb), (RSP + 16, RETURN)];
    let caller = caller_in(&cfi, words).unwrap();
    assert_eq!((get(&caller, 3), get(&caller, 6)), (0xb, 0xbb));
    assert_eq!((caller.rsp(), caller.rip()), (RSP + 24, RETURN));

    let function = Described::at(START).cfi(&cfi);
    let before = step_in(function, &exact(3), [(RSP, RETURN)]).unwrap();
    let Step::Caller(frame) = before.step else { panic!("{before:?}") };
    assert_eq!((get(&frame.registers, 3), frame.registers.rsp()), (0x103, RSP + 8));
}

#[test]
fn caller_follows_val_offset_register_and_same_value_rules() {
    // rbx = CFA - 16 (val_offset); r12 = r13 (register); rbp offset then same value again.
    let cfi = [0x14, 3, 2, 0x09, 12, 13, 0x86, 9, 0x08, 6];
    let caller = caller_in(&cfi, [(RSP, RETURN)]).unwrap();
    assert_eq!(get(&caller, 3), RSP + 8 - 16);
    assert_eq!(get(&caller, 12), 0x10d);
    assert_eq!(get(&caller, 6), 0x106);
}

#[test]
fn caller_follows_expressions() {
    // CFA = rsp + 32 (breg7 32); r14 = *(CFA - 8) via expression; r15 = CFA + 1 via val_expression;
    // rbx = the low byte at CFA - 16, by val_expression with deref_size 1.
    let cfi = [
        0x0f, 2, 0x77, 32, //
        0x10, 14, 2, 0x38, 0x1c, //
        0x16, 15, 2, 0x23, 1, //
        0x16, 3, 4, 0x40, 0x1c, 0x94, 1,
    ];
    let words = [(RSP + 24, RETURN), (RSP + 16, 0x1234)];
    let caller = caller_in(&cfi, words).unwrap();
    assert_eq!(caller.rsp(), RSP + 32);
    assert_eq!((caller.rip(), get(&caller, 14)), (RETURN, RETURN));
    assert_eq!((get(&caller, 15), get(&caller, 3)), (RSP + 33, 0x34));
}

#[test]
fn caller_is_found_through_a_plt_entry() {
    // GNU ld: CFA = rsp + 8 + (((rip & 15) >= 11) << 3).
    let cfi = [0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22];
    let step = |offset, words: [(u64, u64); 1]| {
        step_in(Described::at(START).cfi(&cfi), &exact(offset), words).unwrap().step
    };
    let rsp = |step| match step {
        Step::Caller(frame) => frame.registers.rsp(),
        other => panic!("{other:?}"),
    };
    assert_eq!(rsp(step(10, [(RSP, RETURN)])), RSP + 8);
    assert_eq!(rsp(step(11, [(RSP + 8, RETURN)])), RSP + 16);
}

#[test]
fn signal_frame_restores_every_register_and_makes_its_caller_exact() {
    // rsp and rip lie at CFA - 8 and CFA - 16, as a fake frame saves them.
    let mut function = Described::at(START).cfi(&[0x0e, 16, 0x87, 1, 0x90, 2, 0x80, 3]);
    function.is_signal_frame = true;
    let words = [(RSP - 8, 0xaaaa), (RSP, RETURN), (RSP + 8, RSP + 0x500)];
    let stepped = step_in(function, &exact(0), words).unwrap();
    let Step::Caller(frame) = stepped.step else { panic!("{stepped:?}") };
    assert!(frame.is_exact);
    assert_eq!(frame.registers.rsp(), RSP + 0x500);
    assert_eq!((frame.registers.rip(), get(&frame.registers, 0)), (RETURN, 0xaaaa));
}

#[test]
fn walk_is_refused_when_the_stack_does_not_grow() {
    for cfi in [&[0x0e, 0][..], &[0x0c, 0, 0], &[0x16, 7, 1, 0x30]] {
        let words = [(RSP - 8, RETURN), (0x100 - 8, RETURN), (RSP, RETURN)];
        let error = caller_in(cfi, words).unwrap_err();
        assert!(matches!(error, UnwindError::StackNotGrowing { rsp: RSP, .. }), "{error}");
    }
}

#[test]
fn walk_is_refused_when_a_word_is_not_on_the_stack() {
    assert_eq!(caller_in(&[], []), Err(UnwindError::Unreadable { address: RSP }));
    let error = caller_in(&[0x83, 3], [(RSP, RETURN)]);
    assert_eq!(error, Err(UnwindError::Unreadable { address: RSP + 8 - 24 }));
}

#[test]
fn walk_is_refused_when_rules_are_not_those_of_x86_64() {
    let words = [(RSP, RETURN)];
    // CFA = xmm0 + 8; rbx = xmm0; an AArch64 vendor's rule.
    assert_eq!(caller_in(&[0x0c, 17, 8], words), Err(UnwindError::Register { number: 17 }));
    assert_eq!(caller_in(&[0x09, 3, 17], words), Err(UnwindError::Register { number: 17 }));
    assert!(matches!(caller_in(&[0x2d], words), Err(UnwindError::Cfi { .. })));
    let mut function = Described::at(START);
    function.return_address_column = 15;
    let error = step_in(function, &exact(0), words).unwrap_err();
    assert_eq!(error, UnwindError::ReturnAddressColumn { found: 15 });
    let function = Described { has_return_rule: false, ..Described::at(START) };
    let error = step_in(function, &exact(0), words).unwrap_err();
    assert_eq!(error, UnwindError::NoReturnAddress { address: START });
}

#[test]
fn walk_is_refused_when_an_expression_asks_for_too_much() {
    // DW_OP_addr; DW_OP_call_frame_cfa; an endless loop; an empty stack; a constant as the location.
    let unsupported: [&[u8]; 3] = [&[0x03, 1, 0, 0, 0, 0, 0, 0, 0], &[0x9c], &[0x55]];
    for expression in unsupported {
        let error = caller_in(&cfa_expression(expression), [(RSP, RETURN)]).unwrap_err();
        assert!(matches!(error, UnwindError::ExpressionKind { .. }), "{error}");
    }
    let malformed: [&[u8]; 3] = [&[0x2f, 0xfd, 0xff], &[0x22], &[0x03, 1]];
    for expression in malformed {
        let error = caller_in(&cfa_expression(expression), [(RSP, RETURN)]).unwrap_err();
        assert!(matches!(error, UnwindError::Expression { .. }), "{error}");
    }
}

fn cfa_expression(expression: &[u8]) -> Vec<u8> {
    let mut cfi = Vec::from([0x0f, expression.len() as u8]);
    cfi.extend(expression);
    cfi
}
