//! From the bytes of an image, which come from strangers, to code that a worker can run.
//!
//! ```text
//!  bytes ──▶ Image::parse ──▶ check ──▶ Checked ──▶ Zone::place ──▶ Placed
//!            what does        is it     owned plan: copies, then    offsets for
//!            the file say?    allowed?  bytes and   relocates, in   a request
//!          └──── verify ────────┘       relocations the windows
//! ```
//!
//! Principles:
//! 1. Parsing and checking are total: they answer every sequence of bytes with a value or an error,
//!    never panic, and take time and memory in proportion to the bytes that are really there, not to
//!    what a header claims.
//! 2. One truth: every table is read at its address, by the dynamic table and never by section headers,
//!    and the relocations that were checked are the ones that are applied.
//! 3. Placing decides nothing. All that can be refused has been refused by [`check`]; what is left is
//!    two copies and a list of eight-byte writes, all inside one slot.
//! 4. Whatever the loader does not use it ignores; whatever would need the loader to act, and is not
//!    known here, it refuses.
//!
//! The dispatcher calls this crate. It calls the kernel to create a zone, to open its windows for
//! workers and to [prepare](Zone::prepare) memory, never to place an image. `unsafe` is confined to
//! the module `sys`, which maps the windows.
//!
//! Spec: System V gABI chapters 4 and 5, System V AMD64 psABI chapter 4, Linux elf(5).
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

mod cfi;
mod check;
mod decode;
mod error;
mod functions;
mod image;
mod linkage;
pub mod memfd;
mod names;
mod place;
mod plan;
mod relocations;
pub mod signature;
mod slots;
mod stops;
#[allow(unsafe_code, reason = "maps the windows' memory")]
mod sys;
mod unwind;
mod verify;
mod window;
mod zone;

pub use cfi::{CfiError, LsdaError};
pub use check::{Expected, check};
pub use error::{CheckError, CodePlace, PlaceError, VerifyError, ZoneError};
pub use functions::{Function, functions};
pub use image::{Image, ImportUse, ParseError, RelocationCounts, Segment, SegmentKind};
pub use names::function_names;
pub use plan::{Checked, CounterUse};
pub use stops::{StopByte, StopKind, StopLines, StopPoint, longest_run};
pub use verify::verify;
pub use zone::{Placed, Zone};
