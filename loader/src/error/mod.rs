//! Everything that can be wrong with an image or a zone, one variant per cause.
//!
//! Messages say what was found, where and what to do. Addresses are as linked. Text from an image is
//! escaped and cut, so that a message is safe to print.
#![forbid(unsafe_code)]

mod check;
mod code_place;
mod parse;
mod verify;
mod zone;

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

pub use check::CheckError;
pub use code_place::CodePlace;
pub use parse::ParseError;
pub use verify::VerifyError;
pub use zone::{PlaceError, ZoneError};

/// The most characters of an image's own text in a message.
const QUOTED_CHARS_MAX: usize = 80;

/// `text`, cut to what messages show.
pub(crate) fn cut(text: &str) -> String {
    let end = text.char_indices().nth(QUOTED_CHARS_MAX).map_or(text.len(), |(end, _)| end);
    text[..end].to_owned()
}

/// An image's own text, escaped.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_debug())
    }
}

/// Where an import is used, if anywhere.
struct UsedAt<'a>(&'a Option<u64>);

impl fmt::Display for UsedAt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |address| write!(f, " at {address:#x}"))
    }
}
