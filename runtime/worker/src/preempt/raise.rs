//! Raising: from a service's registers to its landing pads, one after the other, to the bottom.
//!
//! Called on the host stack, by the host calls and hooks that start a raise and by `_Unwind_Resume`.
//! Landing pads run on the service's stack; between them, nothing of the service does.
//!
//! [`can_unwind`] looks whether a raise would come to the bottom, for those who may as well wait: some
//! guards in the standard collections abort when they are unwound.

use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, CrossingResult, Pending};
use mote_sigctx::code::{Code, Search};
use mote_sigctx::registers::Registers;
use mote_sigctx::unwind::{Coverage, Frame, Module, ProbeResult, ProbeSite, Step};

use crate::host::image::Image;
use crate::host::{Host, lend};
use crate::preempt::current::CURRENT;
use crate::preempt::leave::{land, leave};

/// What landing pads get as their exception. They hand it on to `_Unwind_Resume`, which ignores it.
const EXCEPTION: u64 = 0;

/// Addresses that landing pads call: what is behind the import stubs of these names.
#[derive(Clone, Copy, Debug)]
pub struct Targets {
    /// `_Unwind_Resume`.
    pub resume: u64,
    /// What a panic calls first.
    pub panicking: u64,
}

static TARGETS: spin::Once<Targets> = spin::Once::new();

/// Says where those stubs are, before the first invocation.
pub fn prepare(targets: Targets) {
    TARGETS.call_once(|| targets);
}

/// Starts a raise at `frame`, with the outcome already judged.
pub fn begin(frame: Frame) -> ! {
    CURRENT.set_raised();
    Crossing::get().clear_raise();
    unwind(frame)
}

/// Goes on after a landing pad, at the caller of `_Unwind_Resume`.
pub fn resume(registers: Registers) -> ! {
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
fn walk(host: &mut Host, mut frame: Frame) -> Walked {
    let Some(image) = image_module(&Image::of(&host.invoke)) else {
        return Walked::Left(CrossingResult::Discarded);
    };
    let modules = [image, host.host_module.clone()];
    let stack = host.service_stack();
    loop {
        if frame.registers.rip() == Crossing::bottom() {
            return Walked::Left(CrossingResult::Unwound);
        }
        if Crossing::get().pending() == Pending::Discard {
            return Walked::Left(CrossingResult::Discarded);
        }
        let Ok(stepped) = host.unwinder.step(&modules, &stack, &frame, EXCEPTION) else {
            return Walked::Left(CrossingResult::Discarded);
        };
        let counts = &mut host.unwinding;
        if stepped.coverage == Coverage::Gap {
            counts.gaps = counts.gaps.saturating_add(1);
        }
        match stepped.step {
            Step::LandingPad(registers) => {
                counts.landing_pads = counts.landing_pads.saturating_add(1);
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
pub fn can_unwind(host: &mut Host, frame: Frame, site: ProbeSite) -> bool {
    #[cfg(feature = "torture")]
    let _unstepped = crate::sys::stepping::Unstepped::begin();
    let image = Image::of(&host.invoke);
    let (Some(module), Some(code)) = (image_module(&image), image_code(&image)) else {
        return true;
    };
    let modules = [module, host.host_module.clone()];
    let stack = host.service_stack();
    let mut search = Search::new(code);
    let mut at = (frame, site);
    loop {
        let is_over = at.0.registers.rip() == Crossing::bottom();
        if is_over || Crossing::get().pending() == Pending::Discard {
            return true;
        }
        let mut can_unwind = |pad| search.can_unwind(pad);
        match host.unwinder.probe(&modules, &stack, &at.0, at.1, &mut can_unwind) {
            Ok(ProbeResult::Passes(caller, site)) => at = (caller, site),
            Ok(ProbeResult::Blocked) => return false,
            Ok(ProbeResult::Bottom) | Err(_) => return true,
        }
    }
}

/// The code of an image.
fn image_code(image: &Image) -> Option<Code<'static>> {
    let targets = TARGETS.get()?;
    Some(Code {
        text: image.text(),
        text_address: image.text_address(),
        rodata: image.rodata(),
        rodata_address: image.rodata_address(),
        resume: targets.resume,
        panicking: targets.panicking,
    })
}

/// The tables of an image; `None` if they are damaged or absent.
fn image_module(image: &Image) -> Option<Module<'static>> {
    let (header, text) = (image.header(), image.text_address());
    let tables = header.windows().rodata() + u64::from(header.eh_frame_hdr);
    Module::new(
        text..text + u64::from(header.text_bytes),
        image.rodata_address(),
        image.rodata(),
        tables..tables + u64::from(header.eh_frame_hdr_bytes),
    )
    .ok()
}
