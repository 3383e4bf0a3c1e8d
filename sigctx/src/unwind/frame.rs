//! What is stepped, and what comes of it.

use mote_abi::unwind::Coverage;

use crate::registers::Registers;

/// A frame of the stack that is unwound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its registers. rip is where it would continue.
    pub registers: Registers,
    /// Whether rip is the very instruction to look up, because the frame was interrupted there.
    /// Otherwise rip is a return address, and the call before it is looked up.
    pub is_exact: bool,
}

impl Frame {
    /// An address inside the instruction that the frame is at: the interrupted one, or the call.
    #[must_use]
    pub fn instruction(&self) -> u64 {
        self.registers.rip().wrapping_sub(u64::from(!self.is_exact))
    }
}

/// The words of an interrupted stack.
pub trait Stack {
    /// The eight bytes at `address` as a little-endian number, or `None` if they are not all on this
    /// stack. Any address may be asked for, aligned or not.
    fn read_u64(&self, address: u64) -> Option<u64>;
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Load these registers: rip is the landing pad, rax the exception, rdx the selector 0. The pad
    /// ends in `_Unwind_Resume`, whose caller is the next frame to step.
    LandingPad(Registers),
    /// The frame lets no exception pass: discard.
    Terminate,
    /// The frame is left; step its caller.
    Caller(Frame),
    /// The frame has no caller: the stack is unwound.
    End,
}

/// What a frame asked for, and what covered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// What covers the frame's instruction.
    pub coverage: Coverage,
    /// What to do next.
    pub step: Step,
}

/// Why a frame could not be unwound. The stack can then only be discarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnwindError {
    /// No table tells of the instruction, or the table is damaged.
    NoFunction {
        /// The instruction.
        address: u64,
    },
    /// The image's DWARF had a rule for the instruction that its table cannot tell.
    Rule {
        /// The instruction.
        address: u64,
    },
    /// A word that the rule needs is not on the stack.
    Unreadable {
        /// The word's address.
        address: u64,
    },
    /// The caller's frame is not above this one, so the walk might not end.
    StackNotGrowing {
        /// This frame's stack pointer.
        rsp: u64,
        /// The caller's, by the table.
        caller_rsp: u64,
    },
    /// A landing pad is not in the image's text.
    LandingPadOutside {
        /// The landing pad.
        address: u64,
    },
}
