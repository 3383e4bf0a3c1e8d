//! An image's own text in messages.
#![forbid(unsafe_code)]

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

/// The most characters of an image's own text in a message.
const QUOTED_CHARS_MAX: usize = 80;

/// `text`, cut to what messages show.
pub(crate) fn cut(text: &str) -> String {
    let end = text.char_indices().nth(QUOTED_CHARS_MAX).map_or(text.len(), |(end, _)| end);
    text[..end].to_owned()
}

/// An image's own text, escaped.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_debug())
    }
}

/// Where an import is used, if anywhere.
pub(super) struct UsedAt<'a>(pub(super) &'a Option<u64>);

impl fmt::Display for UsedAt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |address| write!(f, " at {address:#x}"))
    }
}
