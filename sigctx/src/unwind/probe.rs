//! Whether a raise would get through, frame by frame, before it begins.
//!
//! Some frames let nothing pass: they would catch the exception, end the program, or run a destructor that
//! aborts. Where the site is unknown and the compiler took the instruction not to unwind, every landing
//! pad of the function must let pass.

use mote_abi::unwind::{Coverage, Found, function};

use super::step::{Place, leave};
use super::{Frame, Stack, UnwindError, Unwinder};

/// How well it is known where in a frame the raise would come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeSite {
    /// From the frame's own instruction.
    Known,
    /// From somewhere in the frame's function, or in a caller's: an allocation that returns null at this
    /// instruction is followed by a panic at another.
    Unknown,
}

/// What a frame would do to a raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// It lets nothing pass.
    Blocked,
    /// It lets pass; ask its caller, of which so much is known.
    Passes(Frame, ProbeSite),
    /// It lets pass and has no caller.
    Bottom,
}

impl Unwinder<'_> {
    /// What `frame` would do to a raise.
    ///
    /// # Errors
    /// As [`Unwinder::step`].
    pub fn probe(
        &self,
        stack: &impl Stack,
        frame: &Frame,
        site: ProbeSite,
    ) -> Result<ProbeResult, UnwindError> {
        let place = self.find(frame)?;
        let (passes, site) = match &place {
            Place::Image(found) => passes(found, site),
            Place::FakeFrame | Place::MemoryFunction => (true, site),
        };
        if !passes {
            return Ok(ProbeResult::Blocked);
        }
        let caller = leave(&place, stack, frame)?;
        Ok(caller.map_or(ProbeResult::Bottom, |caller| ProbeResult::Passes(caller, site)))
    }
}

/// Whether the frame lets pass, and what is known of the site in its caller. A call that may unwind is
/// where a panic comes through, if it comes from below; that it comes from another instruction of the
/// same function is then less likely, and is not looked at.
fn passes(found: &Found, site: ProbeSite) -> (bool, ProbeSite) {
    match (site, found.coverage) {
        (_, Coverage::Terminate) => (false, site),
        (_, Coverage::LandingPad) => (found.pad.passes(), ProbeSite::Known),
        (ProbeSite::Unknown, Coverage::Gap) => (found.function.has(function::ALL_PASS), site),
        (ProbeSite::Unknown, Coverage::NoLsda) => (true, site),
        (_, _) => (true, ProbeSite::Known),
    }
}
