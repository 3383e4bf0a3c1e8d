//! Raising: from a service's registers to its landing pads, one after the other, to the bottom.
//!
//! Called on the host stack, by the host calls and hooks that start a raise and by `_Unwind_Resume`.
//! Landing pads run on the service's stack; between them, nothing of the service does.
//!
//! [`can_unwind`] looks whether a raise would come to the bottom, for those who may as well wait: some
//! guards in the standard collections abort when they are unwound.

use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, CrossingResult, Pending};
use mote_sigctx::registers::Registers;
use mote_sigctx::unwind::{
    Coverage, Frame, ProbeResult, ProbeSite, Stack, Step, UnwindTable, Unwinder,
};

use crate::host::image::Image;
use crate::host::reply::Unwinding;
use crate::host::{Host, lend};
use crate::preempt::current::CURRENT;
use crate::preempt::leave::{land, leave};
#[cfg(feature = "torture")]
use crate::preempt::planted;
#[cfg(feature = "torture")]
use crate::sys::stepping::{LeftOut, Unstepped};

/// What landing pads get as their exception. They hand it on to `_Unwind_Resume`, which ignores it.
const EXCEPTION: u64 = 0;

/// Starts a raise at `frame`, with the outcome already judged.
pub fn begin(frame: Frame) -> ! {
    CURRENT.set_raised();
    Crossing::get().clear_raise();
    unwind(frame)
}

/// Goes on after a landing pad, at the caller of `_Unwind_Resume`.
pub fn resume(registers: Registers) -> ! {
    #[cfg(feature = "torture")]
    if let Some(pad) = planted::again() {
        land(&pad)
    }
    unwind(Frame { registers, is_exact: false })
}

/// Discards the service with `outcome`.
pub fn discard(outcome: Outcome) -> ! {
    CURRENT.judge(outcome);
    leave(CrossingResult::Discarded)
}

fn unwind(frame: Frame) -> ! {
    match lend(|host| walk(host, frame)) {
        Walked::LandingPad(registers) => land(&registers),
        Walked::Left(ending) => leave(ending),
    }
}

/// Where a walk ends.
enum Walked {
    LandingPad(Registers),
    Left(CrossingResult),
}

/// Walks from `frame` to the next landing pad, or to the bottom. Tables that do not fit the stack, and
/// frames that let nothing pass, end it with a discard.
fn walk(host: &mut Host, frame: Frame) -> Walked {
    #[cfg(feature = "torture")]
    let _unstepped = Unstepped::begin(LeftOut::Walk);
    let stack = host.service_stack();
    let mut counts = host.unwinding;
    let walked = match unwinder(host) {
        Some(unwinder) => walk_with(&unwinder, &stack, frame, &mut counts),
        None => Walked::Left(CrossingResult::Discarded),
    };
    host.unwinding = counts;
    walked
}

fn walk_with(
    unwinder: &Unwinder<'_>,
    stack: &impl Stack,
    mut frame: Frame,
    counts: &mut Unwinding,
) -> Walked {
    loop {
        if frame.registers.rip() == Crossing::bottom() {
            return Walked::Left(CrossingResult::Unwound);
        }
        if Crossing::get().pending() == Pending::Discard {
            return Walked::Left(CrossingResult::Discarded);
        }
        let Ok(stepped) = unwinder.step(stack, &frame, EXCEPTION) else {
            return Walked::Left(CrossingResult::Discarded);
        };
        if stepped.coverage == Coverage::Gap {
            counts.gaps = counts.gaps.saturating_add(1);
        }
        match stepped.step {
            Step::LandingPad(registers) => {
                counts.landing_pads = counts.landing_pads.saturating_add(1);
                #[cfg(feature = "torture")]
                planted::note(&registers);
                return Walked::LandingPad(registers);
            }
            Step::Caller(caller) => {
                counts.frames = counts.frames.saturating_add(1);
                frame = caller;
            }
            Step::Terminate | Step::End => return Walked::Left(CrossingResult::Discarded),
        }
    }
}

/// Whether a raise at `frame` would come to the bottom of the stack. True as well where waiting is of no
/// use, because a raise would end in a discard anyway: at the hard deadline, and over damaged tables.
pub fn can_unwind(host: &Host, frame: Frame, site: ProbeSite) -> bool {
    #[cfg(feature = "torture")]
    let _unstepped = Unstepped::begin(LeftOut::Probe);
    let Some(unwinder) = unwinder(host) else { return true };
    let stack = host.service_stack();
    let mut at = (frame, site);
    loop {
        let is_over = at.0.registers.rip() == Crossing::bottom();
        if is_over || Crossing::get().pending() == Pending::Discard {
            return true;
        }
        match unwinder.probe(&stack, &at.0, at.1) {
            Ok(ProbeResult::Passes(caller, site)) => at = (caller, site),
            Ok(ProbeResult::Blocked) => return false,
            Ok(ProbeResult::Bottom) | Err(_) => return true,
        }
    }
}

/// The unwinder of the running image; `None` if the image has no table, or a damaged one.
fn unwinder(host: &Host) -> Option<Unwinder<'_>> {
    let image = Image::of(&host.invoke);
    Some(Unwinder {
        text: image.text_address(),
        text_bytes: image.header().text_bytes,
        table: UnwindTable::new(image.unwind_table())?,
        host: &host.host_text,
    })
}
