//! The oracle of the unwinder: the same answers, by reading an image's DWARF at every step.
//!
//! It has nothing in common with the loader's making of unwind tables nor with the worker's looking them up, but
//! for the types of question and answer. Tests ask both at every instruction of real images, and ask this one
//! what the system's unwinder says of a real executable.
//!
//! | file | holds |
//! | --- | --- |
//! | `code` | whether a landing pad lets a raise pass, by a search from it |
//! | `step` | [`Unwinder`]: one frame at a time |
//! | `probe` | whether a raise would get through, before it begins |
//! | `module` | [`Module`]: what is known of an executable, and finding a function in it |
//! | `header` | `.eh_frame_hdr` and its binary search table |
//! | `rules` | the caller's registers by the rules of the CFI |
//! | `expression` | DWARF expressions among those rules |
//! | `lsda` | call sites, actions and landing pads |
//! | `functions` | a list of functions for people to look at |
//!
//! Spec: Itanium C++ ABI, Exception Handling (level I); LSB 5.0 core, chapter 10.6 (`.eh_frame`);
//! DWARF 5, 6.4 (call frame information); System V AMD64 psABI, 3.7 and 6.2.
#![forbid(unsafe_code)]

#[cfg(test)]
mod assembler;
mod bytes;
pub mod code;
mod error;
mod expression;
mod functions;
mod header;
mod known;
mod lsda;
mod module;
mod probe;
mod rules;
mod step;

pub use error::{LsdaError, TableError, UnwindError};
pub use functions::{Function, Functions};
pub use module::Module;
pub use mote_sigctx::unwind::{Coverage, Frame, ProbeResult, ProbeSite, Stack, Step, Stepped};
pub use step::Unwinder;
