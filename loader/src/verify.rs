//! Parsing and checking in one step: the door for whoever wants an image that may run.
//!
//! Called by the dispatcher, the build, the tools and the fuzz targets, so that all of them judge alike.
#![forbid(unsafe_code)]

use crate::check::{Expected, check};
use crate::error::VerifyError;
use crate::image::Image;
use crate::plan::Checked;

/// Parses and checks `bytes`.
///
/// # Errors
/// They are not an image, or not one that may run.
pub fn verify(bytes: &[u8], expected: &Expected<'_>) -> Result<Checked, VerifyError> {
    Ok(check(&Image::parse(bytes)?, expected)?)
}
