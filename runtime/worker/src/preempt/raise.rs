//! Raising: from a service's registers to its landing pads, one after the other, to the bottom.
//!
//! Called on the host stack, by the host calls and hooks that start a raise and by `_Unwind_Resume`.
//! Landing pads run on the service's stack; between them, nothing of the service does.
//!
//! [`can_unwind`] looks whether a raise would come to the bottom, for those who may as well wait: some
//! guards in the standard collections abort when they are unwound.

use core::ops::Range;
use core::slice;

use mote_abi::image::ImageHeader;
use mote_abi::outcome::Outcome;
use mote_sigctx::arch::{Crossing, CrossingResult, Pending, land, leave};
use mote_sigctx::code::{Code, Search};
use mote_sigctx::registers::Registers;
use mote_sigctx::unwind::{Coverage, Frame, Module, ProbeResult, ProbeSite, Stack, Step};

use crate::calls;
use crate::host::{self, Host};
use crate::invocation;
use crate::preempt::current::CURRENT;

/// What landing pads get as their exception. They hand it on to `_Unwind_Resume`, which ignores it.
const EXCEPTION: u64 = 0;

/// Starts a raise at `frame`, with the outcome already judged.
///
/// # Safety
/// Called on the host stack during an invocation, with no reference to the host in use and no value
/// on the host stack whose destructor matters.
pub unsafe fn begin(frame: Frame) -> ! {
    CURRENT.set_raised();
    Crossing::get().clear_raise();
    // SAFETY: passed on to the caller.
    unsafe { unwind(frame) }
}

/// Goes on after a landing pad, at the caller of `_Unwind_Resume`.
///
/// # Safety
/// As [`begin`].
pub unsafe fn resume(registers: Registers) -> ! {
    // SAFETY: passed on to the caller.
    unsafe { unwind(Frame { registers, is_exact: false }) }
}

/// Gives the service up with `outcome`.
///
/// # Safety
/// As [`begin`].
pub unsafe fn discard(outcome: Outcome) -> ! {
    CURRENT.judge(outcome);
    // SAFETY: passed on to the caller.
    unsafe { leave(CrossingResult::Discarded) }
}

/// # Safety
/// As [`begin`].
unsafe fn unwind(frame: Frame) -> ! {
    // SAFETY: by the caller's promise this is the only reference; it is not used past `walk`.
    let host = unsafe { host::get() };
    match walk(host, frame) {
        // SAFETY: the registers are those of a landing pad of a frame on the service's stack.
        Walked::LandingPad(registers) => unsafe { land(&registers) },
        // SAFETY: passed on to the caller.
        Walked::Left(ending) => unsafe { leave(ending) },
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
    #[cfg(feature = "torture")]
    let _unstepped = crate::torture::unstepped::Unstepped::out_of_reach();
    let Some(image) = image_module(host) else { return Walked::Left(CrossingResult::Discarded) };
    let modules = [image, host.host_module.clone()];
    let stack = ServiceStack(host.stack.clone());
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
    let _unstepped = crate::torture::unstepped::Unstepped::begin();
    let Some(image) = image_module(host) else { return true };
    let modules = [image, host.host_module.clone()];
    let stack = ServiceStack(host.stack.clone());
    let mut search = Search::new(image_code(&invocation::run::record(&host.invoke)));
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

/// The code of the running image.
fn image_code(record: &ImageHeader) -> Code<'static> {
    let address = record.windows().text() + u64::from(record.slot);
    // SAFETY: as for the read-only segment; workers may read the text window.
    let text = unsafe { slice::from_raw_parts(address as *const u8, record.text_bytes as usize) };
    Code {
        text,
        text_address: address,
        rodata: image_rodata(record),
        rodata_address: record.windows().rodata() + u64::from(record.slot),
        resume: calls::resume_address(),
        panicking: calls::panicking_address(),
    }
}

/// The tables of the running image; `None` if they are damaged or absent.
fn image_module(host: &Host) -> Option<Module<'static>> {
    let record = invocation::run::record(&host.invoke);
    let windows = record.windows();
    let text = windows.text() + u64::from(record.slot);
    let rodata = windows.rodata() + u64::from(record.slot);
    let header = windows.rodata() + u64::from(record.eh_frame_hdr);
    Module::new(
        text..text + u64::from(record.text_bytes),
        rodata,
        image_rodata(&record),
        header..header + u64::from(record.eh_frame_hdr_bytes),
    )
    .ok()
}

fn image_rodata(record: &ImageHeader) -> &'static [u8] {
    let address = record.windows().rodata() + u64::from(record.slot);
    // SAFETY: the loader checked that the segment lies in the window, which is mapped, and does not
    // change it while an invocation of the image is outstanding.
    unsafe { slice::from_raw_parts(address as *const u8, record.rodata_bytes as usize) }
}

/// The service's stack, for the unwinder: words inside it, and nothing else.
struct ServiceStack(Range<u64>);

impl Stack for ServiceStack {
    fn read_u64(&self, address: u64) -> Option<u64> {
        let last = self.0.end - 8;
        if address < self.0.start || address > last {
            return None;
        }
        // SAFETY: the eight bytes lie on the service's stack, which is mapped, and the service does
        // not run now. The address may be unaligned.
        Some(unsafe { (address as *const u64).read_unaligned() })
    }
}
