//! How a function's frame is left at each of its instructions.
//!
//! The rules that compilers write for x86-64 are few: the CFA is a register and a distance, and what a call
//! keeps is saved below it. A rule that is none of these is told as unknown, and its frame cannot be left: a
//! raise that comes there ends in a discard.
//!
//! Spec: DWARF 5, 6.4.1 (rules).
#![forbid(unsafe_code)]

use alloc::vec::Vec;

use gimli::{CfaRule, Register, RegisterRule, UnwindContext, UnwindContextStorage, UnwindTableRow};
use mote_abi::unwind::{Rule, SAVED_REGISTERS, rule_kind};

use super::entries::Entries;
use super::error::CfiError;
use super::function::Function;

/// Rules kept for one instruction: one for each register, and some for registers that are ignored.
const MAX_RULES: usize = 24;
/// Nested `DW_CFA_remember_state`: compilers nest once.
const MAX_STATES: usize = 4;
/// Bytes of a word.
const WORD_BYTES: i64 = 8;
/// General registers; the return address column is the next.
const GENERAL_REGISTERS: u16 = 16;
/// The stack pointer.
const RSP: u16 = 7;

/// Room for evaluating CFI, the same for all functions.
#[derive(Debug)]
struct Storage;

impl UnwindContextStorage<usize> for Storage {
    type Rules = [(Register, RegisterRule<usize>); MAX_RULES];
    type Stack = [UnwindTableRow<usize, Self>; MAX_STATES];
}

/// Reads the rows of one function after the other.
#[derive(Debug)]
pub(crate) struct RowReader<'c, 'a> {
    entries: &'c Entries<'a>,
    scratch: UnwindContext<usize, Storage>,
}

impl<'c, 'a> RowReader<'c, 'a> {
    pub(super) fn new(entries: &'c Entries<'a>) -> Self {
        Self { entries, scratch: UnwindContext::new_in() }
    }

    /// The rules of `function`, each with the offset in the function from which on it holds. The first
    /// holds from 0 on.
    pub(crate) fn read(
        &mut self,
        function: &Function<'a>,
        rows: &mut Vec<(u32, Rule)>,
    ) -> Result<(), CfiError> {
        rows.clear();
        let start = function.range.start;
        let malformed = |error| CfiError::Program { function: start.into(), error };
        let entries = self.entries;
        let mut table = function
            .fde
            .rows(&entries.section, &entries.bases, &mut self.scratch)
            .map_err(malformed)?;
        let column = function.fde.cie().return_address_register().0;
        while let Some(row) = table.next_row().map_err(malformed)? {
            let offset = row.start_address().saturating_sub(start.into());
            let rule = if column == GENERAL_REGISTERS { rule(row) } else { None };
            // Rows begin inside their function, whose length has 32 bits.
            rows.push((offset as u32, rule.unwrap_or(UNKNOWN)));
        }
        Ok(())
    }
}

/// A rule that a table cannot tell.
const UNKNOWN: Rule = Rule {
    cfa_offset: 0,
    argument_bytes: 0,
    cfa_register: 0,
    kind: rule_kind::UNKNOWN,
    saved: [0; SAVED_REGISTERS.len()],
    reserved: 0,
};

/// The rule of a row, if a table can tell it.
fn rule(row: &UnwindTableRow<usize, Storage>) -> Option<Rule> {
    let CfaRule::RegisterAndOffset { register, offset } = row.cfa() else { return None };
    let mut rule = Rule {
        cfa_offset: i32::try_from(*offset).ok()?,
        argument_bytes: u16::try_from(row.saved_args_size()).ok()?,
        cfa_register: u8::try_from(register.0).ok().filter(|&it| it < GENERAL_REGISTERS as u8)?,
        ..UNKNOWN
    };
    for (register, found) in row.registers() {
        match register.0 {
            GENERAL_REGISTERS => rule.kind = return_address(found)?,
            RSP => return None,
            0..GENERAL_REGISTERS => save(&mut rule, register.0, found)?,
            _ => {}
        }
    }
    (rule.kind != rule_kind::UNKNOWN).then_some(rule)
}

fn return_address(rule: &RegisterRule<usize>) -> Option<u8> {
    match rule {
        RegisterRule::Offset(offset) if *offset == -WORD_BYTES => Some(rule_kind::FRAME),
        RegisterRule::Undefined => Some(rule_kind::BOTTOM),
        _ => None,
    }
}

/// Notes where `register` was saved; `None` if a table cannot tell it.
fn save(rule: &mut Rule, register: u16, found: &RegisterRule<usize>) -> Option<()> {
    let offset = match found {
        RegisterRule::Undefined | RegisterRule::SameValue => return Some(()),
        RegisterRule::Offset(offset) if offset % WORD_BYTES == 0 => *offset,
        _ => return None,
    };
    let words = u8::try_from(-offset / WORD_BYTES).ok().filter(|&words| words > 0)?;
    let index = SAVED_REGISTERS.iter().position(|&saved| u16::from(saved) == register)?;
    rule.saved[index] = words;
    Some(())
}
