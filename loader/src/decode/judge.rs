//! What may be wrong with an instruction.
#![forbid(unsafe_code)]

use iced_x86::Instruction;

use super::flow::{FlowKind, is_16_bit_branch};
use super::policy::{self, Refused};

/// What an instruction, or the whole of a text, can do that others must know of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// Which state of the processor beyond general and vector registers it can change: the bits of
    /// [`mote_abi::image::state`].
    pub(crate) state: u32,
    /// The first instruction that reads a counter of the processor: its offset and its name.
    pub(crate) counter: Option<(u32, &'static str)>,
    /// The longest frame of a function, in bytes; `u32::MAX` if that is not to be seen in the code.
    pub(crate) frame_bytes: u32,
}

impl Effects {
    /// Those of both.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            state: self.state | other.state,
            counter: self.counter.or(other.counter),
            frame_bytes: self.frame_bytes.max(other.frame_bytes),
        }
    }
}

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

/// Judges `instruction`, whose address is its offset in text, and after which control goes where `kind` says.
pub(super) fn judge(
    instruction: &Instruction,
    kind: Option<FlowKind>,
    bytes: &[u8],
) -> Result<Effects, Cause> {
    if let Some(refused) = policy::refused(instruction.code()) {
        return Err(Cause::Refused(refused));
    }
    if kind.is_some_and(|kind| is_16_bit_branch(kind, bytes)) {
        return Err(Cause::ShortBranch);
    }
    let counter = policy::counter(instruction.code()).map(|name| (instruction.ip() as u32, name));
    Ok(Effects { state: policy::state(instruction), counter, ..Effects::default() })
}
