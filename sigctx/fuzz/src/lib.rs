//! What the fuzz targets share: using everything in a module's tables.
//!
//! `cargo +nightly fuzz run tables` from `sigctx/` feeds arbitrary bytes to the reader of `.eh_frame`
//! and LSDA; `cargo +nightly fuzz run image` feeds files to the loader, and the tables of those that
//! are images to the same reader. Put images that `mote build` made into `fuzz/corpus/image` first:
//! damage to real tables reaches further than chance does. `cargo +nightly fuzz run code` feeds
//! instructions to the search for ways out of a landing pad.
#![forbid(unsafe_code)]

use mote_sigctx::registers::Registers;
use mote_sigctx::unwind::{Frame, Module, ProbeResult, ProbeSite, Stack, Step, UnwindError, Unwinder};

/// Frames that one walk goes through at most.
const FRAMES: usize = 16;

/// Functions that are walked from at most.
const FUNCTIONS: usize = 64;

/// A stack that is readable everywhere and leads back into the text most of the time.
struct Everywhere {
    text: u64,
}

impl Stack for Everywhere {
    fn read_u64(&self, address: u64) -> Option<u64> {
        let mixed = address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        Some(if mixed.is_multiple_of(8) {
            address.wrapping_add(mixed)
        } else {
            self.text.wrapping_add(mixed % 0x10_0000)
        })
    }
}

/// Looks up and walks from many places of `module`.
///
/// # Panics
/// If a walk goes down the stack, which could go on for ever.
pub fn use_everything(module: &Module<'_>) {
    for function in module.functions().flatten().take(FUNCTIONS) {
        for instruction in [function.start, function.start.wrapping_add(7)] {
            // What is in the tables may be refused; it must not be anything else.
            let _ = module.coverage_at(instruction);
            let _: Result<(), UnwindError> = walk(module, instruction);
            let _: Result<(), UnwindError> = look_ahead(module, instruction);
        }
    }
}

/// A frame at `instruction`.
fn frame_at(instruction: u64) -> Frame {
    let registers = std::array::from_fn(|n| if n == 16 { instruction } else { 0x7000 + n as u64 });
    Frame { registers: Registers::new(registers), is_exact: true }
}

fn look_ahead(module: &Module<'_>, instruction: u64) -> Result<(), UnwindError> {
    let stack = Everywhere { text: module.text().start };
    let modules = std::slice::from_ref(module);
    let mut unwinder = Unwinder::new();
    let mut at = (frame_at(instruction), ProbeSite::Unknown);
    for _ in 0..FRAMES {
        let mut can_unwind = |pad: u64| !pad.is_multiple_of(8);
        match unwinder.probe(modules, &stack, &at.0, at.1, &mut can_unwind)? {
            ProbeResult::Passes(caller, site) => {
                assert!(caller.registers.rsp() > at.0.registers.rsp());
                at = (caller, site);
            }
            ProbeResult::Blocked | ProbeResult::Bottom => break,
        }
    }
    Ok(())
}

fn walk(module: &Module<'_>, instruction: u64) -> Result<(), UnwindError> {
    let stack = Everywhere { text: module.text().start };
    let modules = std::slice::from_ref(module);
    let mut unwinder = Unwinder::new();
    let mut frame = frame_at(instruction);
    for _ in 0..FRAMES {
        let Step::Caller(caller) = unwinder.step(modules, &stack, &frame, 1)?.step else { break };
        assert!(caller.registers.rsp() > frame.registers.rsp());
        frame = caller;
    }
    Ok(())
}
