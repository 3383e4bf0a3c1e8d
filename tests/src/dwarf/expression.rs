//! DWARF expressions in CFI rules: linkers describe the PLT with them, and signal trampolines their
//! saved registers.
//!
//! Spec: DWARF 5, 2.5 and 6.4.2 (which operations CFI may use).

use gimli::{
    EhFrame, Encoding, Evaluation, EvaluationResult, EvaluationStorage, Expression, Location,
    Piece, UnwindExpression, Value,
};

use mote_sigctx::unwind::Stack;

use super::bytes::Bytes;
use super::error::UnwindError;
use super::known::Known;

/// Operands held at once. The PLT's expression holds three.
const MAX_OPERANDS: usize = 16;
/// Operations run before an expression is taken for an endless loop.
const MAX_OPERATIONS: u32 = 256;

/// Room for evaluating an expression without an allocator.
struct Storage;

impl<'a> EvaluationStorage<Bytes<'a>> for Storage {
    type Stack = [Value; MAX_OPERANDS];
    type ExpressionStack = [(Bytes<'a>, Bytes<'a>); 1];
    type Result = [Piece<Bytes<'a>>; 1];
}

/// Evaluates the expressions of one frame.
pub(super) struct Evaluator<'k, 'a, S> {
    pub(super) eh_frame: EhFrame<Bytes<'a>>,
    pub(super) encoding: Encoding,
    pub(super) known: &'k Known<'k, S>,
}

impl<S: Stack> Evaluator<'_, '_, S> {
    /// The number that `expression` computes, `initial` being on its stack before.
    pub(super) fn evaluate(
        &self,
        expression: &UnwindExpression<usize>,
        initial: Option<u64>,
    ) -> Result<u64, UnwindError> {
        let offset = expression.offset;
        let failed = |error| UnwindError::Expression { offset, error };
        let Expression(bytes) = expression.get(&self.eh_frame).map_err(failed)?;
        let mut evaluation = Evaluation::<_, Storage>::new_in(bytes, self.encoding);
        evaluation.set_max_iterations(MAX_OPERATIONS);
        if let Some(value) = initial {
            evaluation.set_initial_value(value);
        }
        let mut state = evaluation.evaluate().map_err(failed)?;
        while state != EvaluationResult::Complete {
            let value = self.provide(&state, offset)?;
            state = match state {
                EvaluationResult::RequiresMemory { .. } => evaluation.resume_with_memory(value),
                _ => evaluation.resume_with_register(value),
            }
            .map_err(failed)?;
        }
        match evaluation.as_result() {
            [Piece { location: Location::Address { address }, .. }] => Ok(*address),
            _ => Err(UnwindError::ExpressionKind { offset }),
        }
    }

    /// The register or the word that the evaluation asks for.
    fn provide(
        &self,
        state: &EvaluationResult<Bytes<'_>>,
        offset: usize,
    ) -> Result<Value, UnwindError> {
        let value = match *state {
            EvaluationResult::RequiresRegister { register, .. } => self.known.register(register)?,
            EvaluationResult::RequiresMemory {
                address, size: size @ 1..=8, space: None, ..
            } => self.known.word(address)? & (u64::MAX >> (64 - 8 * u32::from(size))),
            _ => return Err(UnwindError::ExpressionKind { offset }),
        };
        Ok(Value::Generic(value))
    }
}
