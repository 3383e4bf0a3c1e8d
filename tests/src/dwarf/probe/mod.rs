//! Whether a raise would get through a frame, before any landing pad of its stack has run.
//!
//! A raise that has begun cannot be taken back: landing pads destroy what they belong to. So whoever
//! may as well wait looks first. [`Unwinder::probe`] asks of one frame what [`Unwinder::step`] would
//! ask, and goes on to the caller whatever the answer is.

use mote_sigctx::unwind::{Coverage, Frame, ProbeResult, ProbeSite, Stack};

use super::error::UnwindError;
use super::lsda::Action;
use super::module::{Entry, Module};
use super::step::{Unwinder, find};

impl Unwinder {
    /// What `frame` would do to a raise. `can_unwind` says whether the landing pad at an address does
    /// ([`Search`](crate::dwarf::code::Search) can tell).
    ///
    /// Where the site is unknown and the compiler took the instruction not to unwind, every landing pad
    /// of the function must let pass.
    ///
    /// # Errors
    /// As [`Unwinder::step`].
    pub fn probe(
        &mut self,
        modules: &[Module<'_>],
        stack: &impl Stack,
        frame: &Frame,
        site: ProbeSite,
        can_unwind: &mut impl FnMut(u64) -> bool,
    ) -> Result<ProbeResult, UnwindError> {
        let entry = find(modules, frame)?;
        let (passes, site) = passes(&entry, frame, site, can_unwind)?;
        if !passes {
            return Ok(ProbeResult::Blocked);
        }
        let caller = self.leave(&entry, stack, frame)?;
        Ok(caller.map_or(ProbeResult::Bottom, |caller| ProbeResult::Passes(caller, site)))
    }
}

/// Whether the frame lets pass, and what is known of the site in its caller. A call that may unwind is
/// where a panic comes through, if it comes from below; that it comes from another instruction of the
/// same function is then less likely, and is not looked at.
fn passes(
    entry: &Entry<'_, '_>,
    frame: &Frame,
    site: ProbeSite,
    can_unwind: &mut impl FnMut(u64) -> bool,
) -> Result<(bool, ProbeSite), UnwindError> {
    let (coverage, action) = entry.action_at(frame.instruction())?;
    Ok(match (site, coverage, action) {
        (_, _, Action::Catch(_) | Action::Terminate(_)) => (false, site),
        (_, _, Action::Cleanup(pad)) => (can_unwind(pad), ProbeSite::Known),
        (ProbeSite::Unknown, Coverage::Gap, Action::None) => {
            (entry.all_cleanups(can_unwind)?, site)
        }
        (ProbeSite::Unknown, Coverage::NoLsda, Action::None) => (true, site),
        (_, _, Action::None) => (true, ProbeSite::Known),
    })
}

#[cfg(test)]
mod tests;
