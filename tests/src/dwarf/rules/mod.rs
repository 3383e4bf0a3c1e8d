//! The caller's registers, by the rules that the CFI has for an instruction.
//!
//! Spec: DWARF 5, 6.4.1 (rules) and 6.4.4 (use); psABI 3.2.1: rsp is the CFA in the caller, unless a
//! rule says otherwise, as that of a signal frame does.

use gimli::{
    CfaRule, EhFrame, Encoding, Register, RegisterRule, UnwindContext, UnwindContextStorage,
    UnwindTableRow,
};

use mote_sigctx::registers::{COUNT, Registers, dwarf};
use mote_sigctx::unwind::Stack;

use super::bytes::Bytes;
use super::error::UnwindError;
use super::expression::Evaluator;
use super::known::Known;
use super::module::Entry;

/// Rules kept for one instruction: one for each register, and some for registers that we ignore.
const MAX_RULES: usize = 24;
/// Nested `DW_CFA_remember_state`: compilers nest once.
const MAX_STATES: usize = 4;

/// Room for evaluating CFI without an allocator.
#[derive(Debug)]
pub(super) struct Storage;

impl UnwindContextStorage<usize> for Storage {
    type Rules = [(Register, RegisterRule<usize>); MAX_RULES];
    type Stack = [UnwindTableRow<usize, Self>; MAX_STATES];
}

/// gimli's scratch space.
pub(super) type Scratch = UnwindContext<usize, Storage>;

/// The rules for one instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'r, 'a> {
    row: &'r UnwindTableRow<usize, Storage>,
    eh_frame: EhFrame<Bytes<'a>>,
    encoding: Encoding,
    address: u64,
}

impl<'r, 'a> Rules<'r, 'a> {
    /// Runs the CFI of `entry` up to the instruction at `address`.
    pub(super) fn at(
        entry: &Entry<'_, 'a>,
        address: u64,
        scratch: &'r mut Scratch,
    ) -> Result<Self, UnwindError> {
        let cie = entry.fde.cie();
        match cie.return_address_register().0 {
            dwarf::RIP => {}
            found => return Err(UnwindError::ReturnAddressColumn { found }),
        }
        let module = entry.module;
        let row = entry
            .fde
            .unwind_info_for_address(&module.eh_frame, &module.bases, scratch, address)
            .map_err(|error| UnwindError::Cfi { address, error })?;
        Ok(Self { row, eh_frame: module.eh_frame, encoding: cie.encoding(), address })
    }

    /// Bytes of arguments that lie on the stack at this instruction and that a landing pad expects to
    /// be gone (`DW_CFA_GNU_args_size`).
    pub(super) fn argument_bytes(&self) -> u64 {
        self.row.saved_args_size()
    }

    /// The caller's registers, or `None` if there is no caller.
    pub(super) fn caller<S: Stack>(
        &self,
        frame: &Registers,
        stack: &S,
    ) -> Result<Option<Registers>, UnwindError> {
        let known = Known::new(frame, stack);
        let cfa = self.cfa(&known)?;
        let mut values = *frame.values();
        values[usize::from(dwarf::RSP)] = cfa;
        let mut has_return_address = false;
        for (register, rule) in self.row.registers() {
            let Some(slot) = values.get_mut(usize::from(register.0)) else { continue };
            let is_return_address = register.0 == dwarf::RIP;
            has_return_address |= is_return_address;
            match self.value(*register, rule, cfa, &known)? {
                Value::Is(value) => *slot = value,
                Value::Same => *slot = frame.values()[usize::from(register.0)],
                Value::Lost if is_return_address => return Ok(None),
                Value::Lost => {}
            }
        }
        if !has_return_address {
            return Err(UnwindError::NoReturnAddress { address: self.address });
        }
        Ok(Some(Registers::new(values)))
    }

    fn cfa<S: Stack>(&self, known: &Known<'_, S>) -> Result<u64, UnwindError> {
        match self.row.cfa() {
            CfaRule::RegisterAndOffset { register, offset } => {
                Ok(known.register(*register)?.wrapping_add_signed(*offset))
            }
            CfaRule::Expression(expression) => self.evaluator(known).evaluate(expression, None),
        }
    }

    fn value<S: Stack>(
        &self,
        register: Register,
        rule: &RegisterRule<usize>,
        cfa: u64,
        known: &Known<'_, S>,
    ) -> Result<Value, UnwindError> {
        Ok(Value::Is(match rule {
            RegisterRule::Undefined => return Ok(Value::Lost),
            RegisterRule::SameValue => return Ok(Value::Same),
            RegisterRule::Offset(offset) => known.word(cfa.wrapping_add_signed(*offset))?,
            RegisterRule::ValOffset(offset) => cfa.wrapping_add_signed(*offset),
            RegisterRule::Register(other) => known.register(*other)?,
            RegisterRule::Expression(expression) => {
                known.word(self.evaluator(known).evaluate(expression, Some(cfa))?)?
            }
            RegisterRule::ValExpression(expression) => {
                self.evaluator(known).evaluate(expression, Some(cfa))?
            }
            RegisterRule::Architectural | RegisterRule::Constant(_) => {
                return Err(UnwindError::Rule { number: register.0 });
            }
        }))
    }

    fn evaluator<'k, S: Stack>(&self, known: &'k Known<'k, S>) -> Evaluator<'k, 'a, S> {
        Evaluator { eh_frame: self.eh_frame, encoding: self.encoding, known }
    }
}

/// What a rule says of a register.
enum Value {
    /// It has this value in the caller.
    Is(u64),
    /// It has the same value in the caller.
    Same,
    /// Its value in the caller is lost. (It keeps the frame's, which nobody may use.)
    Lost,
}

const _: () = assert!(MAX_RULES > COUNT, "every register must be able to have a rule");

#[cfg(test)]
mod tests;
