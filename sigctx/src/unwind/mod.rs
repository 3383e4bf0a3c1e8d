//! The unwinder: from one frame of an interrupted stack to its landing pad or its caller.
//!
//! Everything here is safe code over bytes and numbers. What is to be known of a frame was read from the
//! image's DWARF when it was deployed, and is looked up in its [`UnwindTable`]; of the worker's own code only
//! the fake frame and the memory functions ever stand between a service's frames, and their rules are
//! constants. It is total: no input makes it panic, allocate, read outside what it was given, or run forever.
//! The caller applies the answer and asks again:
//!
//! ```text
//!  raise ─▶ Frame ─▶ Unwinder::step ─▶ Step::LandingPad ─▶ (destructors) ─▶ _Unwind_Resume ─▶ Frame …
//!             ▲                     ├▶ Step::Caller ──┐
//!             └─────────────────────┼─────────────────┘
//!                                   ├▶ Step::Terminate   discard
//!                                   └▶ Step::End         the stack is unwound
//! ```
//! Before a raise begins, [`Unwinder::probe`] tells frame by frame whether it would get through.
//!
//! | file | holds |
//! | --- | --- |
//! | `step` | [`Unwinder`]: one frame at a time |
//! | `probe` | whether a raise would get through, before it begins |
//! | `rules` | the caller's registers by the rule of an instruction |
//! | `frame` | what is stepped, and what comes of it |
//!
//! Spec: Itanium C++ ABI, Exception Handling (level I); DWARF 5, 6.4 (call frame information); System V
//! AMD64 psABI, 3.7 and 6.2.
#![forbid(unsafe_code)]

mod frame;
mod probe;
mod rules;
mod step;

pub use frame::{Frame, Stack, Step, Stepped, UnwindError};
pub use mote_abi::unwind::{Coverage, UnwindTable};
pub use probe::{ProbeResult, ProbeSite};
pub use step::{HostText, Unwinder};
