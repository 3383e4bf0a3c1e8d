//! Everything that can be wrong with an image or a zone, one variant per cause.
//!
//! Messages say what was found, where and what to do. Addresses are as linked. Text from an image is
//! escaped and cut, so that a message is safe to print.
#![forbid(unsafe_code)]

mod check;
mod code_place;
mod quote;
mod verify;
mod zone;

pub use check::CheckError;
pub use code_place::CodePlace;
pub(crate) use quote::cut;
pub use verify::VerifyError;
pub use zone::{PlaceError, ZoneError};
