//! The caller's registers, by the rule that holds at an instruction.
//!
//! Spec: DWARF 5, 6.4.4; psABI 3.2.1: rsp is the CFA in the caller.

use mote_abi::unwind::{Rule, SAVED_REGISTERS, rule_kind};

use super::{Frame, Stack, UnwindError};
use crate::registers::{COUNT, Registers, dwarf};

/// Bytes of a word.
const WORD_BYTES: u64 = 8;

/// The caller of `frame`, or `None` if there is none.
pub(super) fn caller(
    rule: &Rule,
    frame: &Frame,
    stack: &impl Stack,
) -> Result<Option<Registers>, UnwindError> {
    match rule.kind {
        rule_kind::FRAME => {}
        rule_kind::BOTTOM => return Ok(None),
        _ => return Err(UnwindError::Rule { address: frame.instruction() }),
    }
    let base = frame.registers.get(rule.cfa_register.into());
    let base = base.ok_or(UnwindError::Rule { address: frame.instruction() })?;
    let cfa = base.wrapping_add_signed(rule.cfa_offset.into());
    let mut values = *frame.registers.values();
    for (register, &words) in SAVED_REGISTERS.iter().zip(&rule.saved) {
        if words > 0 {
            values[usize::from(*register)] =
                word(stack, cfa.wrapping_sub(WORD_BYTES * u64::from(words)))?;
        }
    }
    values[usize::from(dwarf::RSP)] = cfa;
    values[usize::from(dwarf::RIP)] = word(stack, cfa.wrapping_sub(WORD_BYTES))?;
    Ok(Some(Registers::new(values)))
}

/// The interrupted registers that a fake frame holds.
pub(super) fn interrupted(frame: &Registers, stack: &impl Stack) -> Result<Registers, UnwindError> {
    let mut values = [0; COUNT];
    for (index, value) in values.iter_mut().enumerate() {
        *value = word(stack, frame.rsp().wrapping_add(WORD_BYTES * index as u64))?;
    }
    Ok(Registers::new(values))
}

fn word(stack: &impl Stack, address: u64) -> Result<u64, UnwindError> {
    stack.read_u64(address).ok_or(UnwindError::Unreadable { address })
}
