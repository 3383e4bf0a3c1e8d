//! What [`verify`](crate::verify()) refuses.
#![forbid(unsafe_code)]

use super::check::CheckError;
use crate::image::ParseError;

/// Why bytes are not an image that may run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub enum VerifyError {
    /// They are not an image.
    Parse(#[from] ParseError),
    /// They are an image, but not one that may run here.
    Check(#[from] CheckError),
}
