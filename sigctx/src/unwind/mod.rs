//! The unwinder: from one frame of an interrupted stack to its landing pad or its caller.
//!
//! Everything here is safe code over bytes and numbers. It reads `.eh_frame_hdr`, `.eh_frame` and the
//! LSDA (`.gcc_except_table`) of the [`Module`] that a frame belongs to, asks a [`Stack`] for words,
//! and answers with the registers to continue with. It is total: no input makes it panic, allocate,
//! read outside what it was given, or run forever. The caller applies the answer and asks again:
//!
//! ```text
//!  raise ─▶ Frame ─▶ Unwinder::step ─▶ Step::LandingPad ─▶ (destructors) ─▶ _Unwind_Resume ─▶ Frame …
//!             ▲                     ├▶ Step::Caller ──┐
//!             └─────────────────────┼─────────────────┘
//!                                   ├▶ Step::Terminate   discard
//!                                   └▶ Step::End         the service is unwound
//! ```
//!
//! There is one phase and not two: no service can catch, so there is no handler to search for first.
//! That also makes this module the personality routine, for any frame whose FDE has an LSDA. In one
//! point it differs from Rust's own, which since 1.66 terminates on an instruction that the LSDA does
//! not cover: here the walk goes on to the caller, and [`Coverage::Gap`] lets it be counted.
//!
//! | file | holds |
//! | --- | --- |
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
mod error;
mod expression;
mod functions;
mod header;
mod lsda;
mod module;
mod probe;
mod rules;
mod step;

pub use error::{LsdaError, TableError, UnwindError};
pub use functions::{Function, Functions};
pub use module::Module;
pub use probe::{ProbeResult, ProbeSite};
pub use step::{Coverage, Frame, Step, Stepped, Unwinder};

/// Bytes as gimli reads them: x86-64 is little-endian.
type Bytes<'a> = gimli::EndianSlice<'a, gimli::LittleEndian>;

/// The words of an interrupted stack.
pub trait Stack {
    /// The eight bytes at `address` as a little-endian number, or `None` if they are not all on this
    /// stack. Any address may be asked for, aligned or not.
    fn read_u64(&self, address: u64) -> Option<u64>;
}
