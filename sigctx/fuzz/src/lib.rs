//! Fuzz targets for what strangers write.
//!
//! | target | what is fed |
//! | --- | --- |
//! | `tables` | arbitrary bytes, to the reader of unwind tables |
//! | `image` | arbitrary bytes, to the loader, and the tables of what it accepts to that reader |
//! | `damaged` | a good image with some bytes changed, to the same |
//! | `manifest` | arbitrary text, to the intake of `mote build` |
//! | `source` | arbitrary bytes, to the rules for sources that nobody has vetted |
//! | `policy` | arbitrary text, to the reader of policies |
//!
//! `cargo +nightly fuzz run TARGET` from `sigctx/`. On a stable compiler, `fuzz/run TARGET SECONDS` does the same
//! without the address sanitizer, which these packages, free of unsafe code but for the unwinder's, miss little.
//! What a target begins with is in `fuzz/seeds/TARGET`. Completions of a hostile worker are judged by a property
//! test of mote-dispatcher, in `pool/report.rs`.
#![forbid(unsafe_code)]

use mote_sigctx::registers::Registers;
use mote_sigctx::unwind::{
    Frame, HostText, ProbeResult, ProbeSite, Stack, Step, UnwindError, UnwindTable, Unwinder,
};

/// Where the text lies that a table describes, and how long it is.
const TEXT: u64 = 0x1000_0000;
const TEXT_BYTES: u32 = 0x10_0000;

/// Functions that are looked at.
const FUNCTIONS: usize = 64;

/// Frames of a walk.
const FRAMES: usize = 64;

/// A stack without end, all of whose words lead into the text.
struct Everywhere;

impl Stack for Everywhere {
    fn read_u64(&self, address: u64) -> Option<u64> {
        Some(TEXT + (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52))
    }
}

/// Looks up and walks from many places of what `table` describes.
///
/// # Panics
/// If a walk goes down the stack, which could go on for ever, or into what is not the image.
pub fn use_everything(table: UnwindTable<'_>) {
    let host = HostText { fake_frame: 0..16, memory_functions: 16..32 };
    let unwinder = Unwinder { text: TEXT, text_bytes: TEXT_BYTES, table, host: &host };
    for function in table.functions().iter().take(FUNCTIONS) {
        for offset in [0, 7] {
            let instruction = TEXT + u64::from(function.start) + offset;
            // What is in a table may be useless; it must not be anything else.
            let _: Result<(), UnwindError> = walk(&unwinder, instruction);
            let _: Result<(), UnwindError> = look_ahead(&unwinder, instruction);
        }
    }
}

/// A frame at `instruction`.
fn frame_at(instruction: u64) -> Frame {
    let registers = std::array::from_fn(|n| if n == 16 { instruction } else { 0x7000 + n as u64 });
    Frame { registers: Registers::new(registers), is_exact: true }
}

fn look_ahead(unwinder: &Unwinder<'_>, instruction: u64) -> Result<(), UnwindError> {
    let mut at = (frame_at(instruction), ProbeSite::Unknown);
    for _ in 0..FRAMES {
        match unwinder.probe(&Everywhere, &at.0, at.1)? {
            ProbeResult::Passes(caller, site) => {
                assert!(caller.registers.rsp() > at.0.registers.rsp());
                at = (caller, site);
            }
            ProbeResult::Blocked | ProbeResult::Bottom => break,
        }
    }
    Ok(())
}

fn walk(unwinder: &Unwinder<'_>, instruction: u64) -> Result<(), UnwindError> {
    let mut frame = frame_at(instruction);
    for _ in 0..FRAMES {
        match unwinder.step(&Everywhere, &frame, 1)?.step {
            Step::Caller(caller) => {
                assert!(caller.registers.rsp() > frame.registers.rsp());
                frame = caller;
            }
            Step::LandingPad(registers) => {
                let text = TEXT..TEXT + u64::from(TEXT_BYTES);
                assert!(text.contains(&registers.rip()));
                break;
            }
            Step::Terminate | Step::End => break,
        }
    }
    Ok(())
}
