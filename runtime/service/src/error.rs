//! Why a service has no answer.

use alloc::string::{String, ToString};
use core::fmt;

/// A text that the client gets in place of a response; the outcome is then `error`.
///
/// Text converts into it, and so do the errors of `core` and `alloc`, keeping what they display:
/// `Err("no such word".into())`, `words.first().ok_or("no words")?`, `text.parse::<u32>()?`.
/// Others convert by their text: `.map_err(|error| Error::new(error.to_string()))`.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
}

impl Error {
    /// An error with this text.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// The text.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.message)
    }
}

/// The text alone, so that `unwrap` in a test shows what a client would see.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.message, f)
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl core::error::Error for Error {}

/// Generates the conversions from errors of the language's own libraries, and of upstreams.
macro_rules! from_displayed {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::new(error.to_string())
            }
        })*
    };
}

from_displayed!(
    alloc::collections::TryReserveError,
    alloc::string::FromUtf8Error,
    core::array::TryFromSliceError,
    core::char::ParseCharError,
    core::fmt::Error,
    core::num::ParseFloatError,
    core::num::ParseIntError,
    core::num::TryFromIntError,
    core::str::ParseBoolError,
    core::str::Utf8Error,
    crate::upstream_error::UpstreamError,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_mark_keeps_what_an_error_displays() {
        fn parse(text: &str) -> Result<i32, Error> {
            Ok(text.parse::<i32>()?)
        }
        assert_eq!(parse("7"), Ok(7));
        assert_eq!(parse("x").unwrap_err().message(), "invalid digit found in string");
    }

    #[test]
    fn text_becomes_the_message() {
        assert_eq!(Error::from("no"), Error::new(String::from("no")));
        assert_eq!(Error::from("no").to_string(), "no");
    }
}
