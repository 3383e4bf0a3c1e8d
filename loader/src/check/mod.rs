//! Checking: whether an image may run, and the plan for placing it if so.
//!
//! Each part of an image has a module that judges it; [`check`] asks them in the order in which a
//! reader of the message is best served: what the image is, then who built it, then what is in it.
#![forbid(unsafe_code)]

mod dynamic;
mod relocations;
mod segments;
mod symbols;
mod text;

use mote_abi::image::ABI_VERSION;

use crate::cfi::Cfi;
use crate::error::{CheckError, cut};
use crate::image::Image;
use crate::linkage::Slots;
use crate::plan::{Checked, Layout};
use crate::stops::stop_points;
use crate::unwind;

/// What an image must agree with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected<'a> {
    /// The compiler of this node, as `rustc --version` prints it.
    pub toolchain: &'a str,
    /// The most bytes that the file of an image may have.
    pub image_bytes_max: u64,
}

impl<'a> Expected<'a> {
    /// What [`Expected::image_bytes_max`] is unless an operator says otherwise.
    pub const IMAGE_BYTES_MAX: u64 = 8 << 20;

    /// An image built by `toolchain`, within the default limits.
    #[must_use]
    pub const fn of(toolchain: &'a str) -> Self {
        Self { toolchain, image_bytes_max: Self::IMAGE_BYTES_MAX }
    }
}

/// Checks everything about `image`, and lays it out for placing.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(image: &Image<'_>, expected: &Expected<'_>) -> Result<Checked, CheckError> {
    check_size(image, expected)?;
    segments::check(image)?;
    check_note(image, expected)?;
    dynamic::check(image)?;
    let entry = symbols::check(image)?;
    let cfi = Cfi::read(image)?;
    let code = text::check(image, &cfi)?;
    let relocations = relocations::check(image)?;
    let slots = Slots::new(&relocations);
    let unwind = unwind::table(&cfi, &code, &slots)?;
    let stops = stop_points(image.text().bytes, &code, &cfi.ranges(), &slots);
    let layout = Layout::new(image, entry, unwind.len(), stops.len())?;
    Ok(Checked::new(image, layout, relocations, code.effects(), &unwind, &stops))
}

fn check_size(image: &Image<'_>, expected: &Expected<'_>) -> Result<(), CheckError> {
    let (bytes, limit) = (image.file().len() as u64, expected.image_bytes_max);
    if bytes > limit { Err(CheckError::ImageBytes { bytes, limit }) } else { Ok(()) }
}

fn check_note(image: &Image<'_>, expected: &Expected<'_>) -> Result<(), CheckError> {
    let (Some(version), Some(toolchain)) = (image.abi_version(), image.toolchain()) else {
        return Err(CheckError::NoteMissing);
    };
    if version != ABI_VERSION {
        return Err(CheckError::AbiVersion { found: version, expected: ABI_VERSION });
    }
    if toolchain != expected.toolchain {
        let (found, expected) = (cut(toolchain), cut(expected.toolchain));
        return Err(CheckError::Toolchain { found, expected });
    }
    Ok(())
}
