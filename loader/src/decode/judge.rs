//! What may be wrong with an instruction.
#![forbid(unsafe_code)]

use iced_x86::Instruction;

use super::flow::{FlowKind, is_16_bit_branch};
use super::policy::{self, Refused};

/// Why text was not decoded, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) offset: u32,
    pub(crate) cause: Cause,
}

/// What is wrong with an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// There is none.
    NoInstruction,
    /// It goes on behind the function or gap that it begins in.
    Straddles,
    /// It branches with an operand size of 16 bits, which processors of two makers do differently.
    ShortBranch,
    /// It branches to outside text.
    Target(i64),
    /// No service may contain it.
    Refused(Refused),
}

/// Judges `instruction`, after which control goes where `kind` says: which state it can change.
pub(super) fn judge(
    instruction: &Instruction,
    kind: Option<FlowKind>,
    bytes: &[u8],
) -> Result<u32, Cause> {
    if let Some(refused) = policy::refused(instruction.code()) {
        return Err(Cause::Refused(refused));
    }
    if kind.is_some_and(|kind| is_16_bit_branch(kind, bytes)) {
        return Err(Cause::ShortBranch);
    }
    Ok(policy::state(instruction))
}
