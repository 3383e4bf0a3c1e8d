//! What is known of a frame: its registers, and the stack.

use gimli::Register;
use mote_sigctx::registers::Registers;
use mote_sigctx::unwind::Stack;

use super::error::UnwindError;

/// What rules are computed from: the frame's registers and the stack.
#[derive(Debug)]
pub(super) struct Known<'k, S> {
    frame: &'k Registers,
    stack: &'k S,
}

impl<'k, S: Stack> Known<'k, S> {
    pub(super) fn new(frame: &'k Registers, stack: &'k S) -> Self {
        Self { frame, stack }
    }

    /// The frame's value of a register.
    pub(super) fn register(&self, register: Register) -> Result<u64, UnwindError> {
        self.frame.get(register.0).ok_or(UnwindError::Register { number: register.0 })
    }

    /// A word of the stack.
    pub(super) fn word(&self, address: u64) -> Result<u64, UnwindError> {
        self.stack.read_u64(address).ok_or(UnwindError::Unreadable { address })
    }
}
