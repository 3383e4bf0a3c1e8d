//! One step of a walk: what a frame asks for, and the registers to continue with.

use mote_sigctx::registers::{Registers, dwarf};
use mote_sigctx::unwind::{Frame, Stack, Step, Stepped};

use super::error::UnwindError;
use super::lsda::Action;
use super::module::{Entry, Module};
use super::rules::{Rules, Scratch};

/// Unwinds frames, one at a time. It holds scratch space only (about 3 KiB), so one serves all walks.
#[derive(Debug, Default)]
pub struct Unwinder {
    scratch: Scratch,
}

impl Unwinder {
    /// Fresh scratch space.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Finds what `frame` asks for when `exception` passes it: `frame`'s code must lie in one of
    /// `modules`, and `stack` has the words that its CFI speaks of.
    ///
    /// A walk always ends: each caller's stack pointer is above the one before. The time of a step is
    /// linear in the size of the function's tables.
    ///
    /// # Errors
    /// If no table covers the frame, a table is damaged or uses what x86-64 does not have, or the
    /// stack has not what the table promises. The stack can then only be discarded.
    pub fn step(
        &mut self,
        modules: &[Module<'_>],
        stack: &impl Stack,
        frame: &Frame,
        exception: u64,
    ) -> Result<Stepped, UnwindError> {
        let entry = find(modules, frame)?;
        let (coverage, action) = entry.action_at(frame.instruction())?;
        let step = match action {
            Action::Catch(_) | Action::Terminate(_) => Step::Terminate,
            Action::Cleanup(pad) => {
                let rules = Rules::at(&entry, frame.instruction(), &mut self.scratch)?;
                Step::LandingPad(at_landing_pad(&frame.registers, pad, &rules, exception))
            }
            Action::None => self.leave(&entry, stack, frame)?.map_or(Step::End, Step::Caller),
        };
        Ok(Stepped { coverage, step })
    }

    /// The caller of `frame`, or `None` if it has none, whatever the frame's LSDA asks for: for
    /// reports of where a service was.
    ///
    /// # Errors
    /// As [`Unwinder::step`], but LSDAs are not read.
    pub fn caller(
        &mut self,
        modules: &[Module<'_>],
        stack: &impl Stack,
        frame: &Frame,
    ) -> Result<Option<Frame>, UnwindError> {
        self.leave(&find(modules, frame)?, stack, frame)
    }

    pub(super) fn leave(
        &mut self,
        entry: &Entry<'_, '_>,
        stack: &impl Stack,
        frame: &Frame,
    ) -> Result<Option<Frame>, UnwindError> {
        let rules = Rules::at(entry, frame.instruction(), &mut self.scratch)?;
        let Some(registers) = rules.caller(&frame.registers, stack)? else { return Ok(None) };
        check_growth(&frame.registers, &registers)?;
        Ok(Some(Frame { registers, is_exact: entry.fde.is_signal_trampoline() }))
    }
}

/// The function that `frame` is in.
pub(super) fn find<'m, 'a>(
    modules: &'m [Module<'a>],
    frame: &Frame,
) -> Result<Entry<'m, 'a>, UnwindError> {
    let address = frame.instruction();
    modules
        .iter()
        .find(|module| module.text().contains(&address))
        .ok_or(UnwindError::NoModule { address })?
        .entry_at(address)
}

/// The frame's own registers as its landing pad expects them.
fn at_landing_pad(frame: &Registers, pad: u64, rules: &Rules<'_, '_>, exception: u64) -> Registers {
    let mut values = *frame.values();
    values[usize::from(dwarf::RIP)] = pad;
    values[usize::from(dwarf::RSP)] = frame.rsp().wrapping_add(rules.argument_bytes());
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
