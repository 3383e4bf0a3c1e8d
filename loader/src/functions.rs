//! A list of an image's functions, for reports.
#![forbid(unsafe_code)]

use alloc::vec::Vec;

use crate::cfi::{Action, Cfi, CfiError};
use crate::image::Image;

/// What the call frame information says of one function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Address of its first instruction, as linked.
    pub start: u64,
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether it has an LSDA. If not, exceptions pass through it without a trace.
    pub has_lsda: bool,
    /// Call sites (ranges of instructions) that have a landing pad.
    pub landing_pads: usize,
}

/// The functions of `image` that have CFI, in the order of their addresses.
///
/// # Errors
/// The CFI or an LSDA cannot be read.
pub fn functions(image: &Image<'_>) -> Result<Vec<Function>, CfiError> {
    let cfi = Cfi::read(image)?;
    let described = cfi.functions().iter().map(|function| {
        let sites = cfi.call_sites(function)?;
        let has_pad = |action| action != Action::None;
        Ok(Function {
            start: function.range.start.into(),
            bytes: function.range.len() as u64,
            has_lsda: sites.is_some(),
            landing_pads: sites.iter().flatten().filter(|site| has_pad(site.action)).count(),
        })
    });
    described.collect()
}
