//! One step of a walk: what a frame asks for, and the registers to continue with.

use core::ops::Range;

use mote_abi::unwind::{Coverage, Found, Pad, Rule, UnwindTable, function};

use super::rules::{caller, interrupted};
use super::{Frame, Stack, Step, Stepped, UnwindError};
use crate::registers::{Registers, dwarf};

/// Functions that push nothing: of a frame in one, the return address is the last word of the stack.
const PUSHES_NOTHING: Rule = Rule {
    cfa_offset: 8,
    argument_bytes: 0,
    cfa_register: dwarf::RSP as u8,
    kind: mote_abi::unwind::rule_kind::FRAME,
    saved: [0; 6],
    reserved: 0,
};

/// The host's functions whose frames may lie between those of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostText {
    /// The code that a fake frame belongs to.
    pub fake_frame: Range<u64>,
    /// The memory functions of services, which push nothing.
    pub memory_functions: Range<u64>,
}

/// Unwinds frames of one image, one at a time.
#[derive(Clone, Copy, Debug)]
pub struct Unwinder<'t> {
    /// Where the image's text begins.
    pub text: u64,
    /// How long it is.
    pub text_bytes: u32,
    /// Its table.
    pub table: UnwindTable<'t>,
    /// What else may be on the stack.
    pub host: &'t HostText,
}

/// What is known of the function that a frame is in.
pub(super) enum Place {
    /// It is the image's.
    Image(Found),
    /// It holds the registers of an interrupted one.
    FakeFrame,
    /// It is one of the memory functions.
    MemoryFunction,
}

impl Unwinder<'_> {
    /// Finds what `frame` asks for when `exception` passes it: `frame`'s code must lie in the image or the
    /// host's functions, and `stack` has the words that the table speaks of.
    ///
    /// A walk always ends: each caller's stack pointer is above the one before.
    ///
    /// # Errors
    /// No table covers the frame, or the stack has not what the table promises. The stack can then only be
    /// discarded.
    pub fn step(
        &self,
        stack: &impl Stack,
        frame: &Frame,
        exception: u64,
    ) -> Result<Stepped, UnwindError> {
        let place = self.find(frame)?;
        let coverage = place.coverage();
        let step = match (&place, coverage) {
            (_, Coverage::Terminate) => Step::Terminate,
            (Place::Image(found), Coverage::LandingPad) => {
                let pad = self.pad_address(found.pad)?;
                Step::LandingPad(at_landing_pad(&frame.registers, pad, &found.rule, exception))
            }
            _ => leave(&place, stack, frame)?.map_or(Step::End, Step::Caller),
        };
        Ok(Stepped { coverage, step })
    }

    /// The caller of `frame`, or `None` if it has none, whatever is to be done in `frame`: for reports of
    /// where a service was.
    ///
    /// # Errors
    /// As [`Unwinder::step`].
    pub fn caller(&self, stack: &impl Stack, frame: &Frame) -> Result<Option<Frame>, UnwindError> {
        leave(&self.find(frame)?, stack, frame)
    }

    pub(super) fn find(&self, frame: &Frame) -> Result<Place, UnwindError> {
        let address = frame.instruction();
        if self.host.fake_frame.contains(&address) {
            return Ok(Place::FakeFrame);
        }
        if self.host.memory_functions.contains(&address) {
            return Ok(Place::MemoryFunction);
        }
        let offset = u32::try_from(address.wrapping_sub(self.text)).ok();
        let found = offset
            .filter(|&offset| offset < self.text_bytes)
            .and_then(|offset| self.table.find(offset));
        found.map(Place::Image).ok_or(UnwindError::NoFunction { address })
    }

    fn pad_address(&self, pad: Pad) -> Result<u64, UnwindError> {
        let address = self.text.wrapping_add(pad.offset().into());
        let is_inside = pad.offset() < self.text_bytes;
        is_inside.then_some(address).ok_or(UnwindError::LandingPadOutside { address })
    }
}

impl Place {
    pub(super) fn coverage(&self) -> Coverage {
        match self {
            Self::Image(found) => found.coverage,
            Self::FakeFrame | Self::MemoryFunction => Coverage::NoLsda,
        }
    }
}

/// The caller of a frame whose function is known.
pub(super) fn leave(
    place: &Place,
    stack: &impl Stack,
    frame: &Frame,
) -> Result<Option<Frame>, UnwindError> {
    let (registers, is_exact) = match place {
        Place::FakeFrame => (Some(interrupted(&frame.registers, stack)?), true),
        Place::MemoryFunction => (caller(&PUSHES_NOTHING, frame, stack)?, false),
        Place::Image(found) => {
            let is_exact = found.function.has(function::IS_SIGNAL_FRAME);
            (caller(&found.rule, frame, stack)?, is_exact)
        }
    };
    let Some(registers) = registers else { return Ok(None) };
    check_growth(&frame.registers, &registers)?;
    Ok(Some(Frame { registers, is_exact }))
}

/// The frame's own registers as its landing pad expects them.
fn at_landing_pad(frame: &Registers, pad: u64, rule: &Rule, exception: u64) -> Registers {
    let mut values = *frame.values();
    values[usize::from(dwarf::RIP)] = pad;
    values[usize::from(dwarf::RSP)] = frame.rsp().wrapping_add(rule.argument_bytes.into());
    values[usize::from(dwarf::RAX)] = exception;
    values[usize::from(dwarf::RDX)] = 0;
    Registers::new(values)
}

/// A stack that does not grow towards its callers is damaged, and the walk might not end.
fn check_growth(frame: &Registers, caller: &Registers) -> Result<(), UnwindError> {
    let (rsp, caller_rsp) = (frame.rsp(), caller.rsp());
    if caller_rsp > rsp { Ok(()) } else { Err(UnwindError::StackNotGrowing { rsp, caller_rsp }) }
}

#[cfg(test)]
mod tests;
