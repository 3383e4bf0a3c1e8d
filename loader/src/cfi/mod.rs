//! The call frame information of an image: which functions there are, and how their frames are unwound.
//!
//! Read once, when an image is checked. Everything here is total: the bytes come from strangers.
//!
//! | file | holds |
//! | --- | --- |
//! | `header` | `.eh_frame_hdr`: where the functions' entries are |
//! | `function` | one function, as its entry describes it |
//! | `entries` | `.eh_frame`: the functions |
//! | `rows` | how a function's frame is left at each of its instructions |
//! | `lsda` | its call sites, actions and landing pads |
//! | `error` | what can be wrong |
//!
//! Spec: LSB 5.0 core, chapter 10.6 (`.eh_frame`); DWARF 5, 6.4 (call frame information); System V AMD64
//! psABI, 3.7 and 6.2.
#![forbid(unsafe_code)]

mod entries;
mod error;
mod function;
mod header;
mod lsda;
mod rows;

use alloc::vec::Vec;
use core::ops::Range;

use crate::image::Image;
use entries::Entries;
pub use error::{CfiError, LsdaError};
pub(crate) use function::Function;
use header::Header;
pub(crate) use lsda::{Action, CallSite};
pub(crate) use rows::RowReader;

/// The functions of an image that have CFI, by ascending address and apart from each other.
#[derive(Debug)]
pub(crate) struct Cfi<'a> {
    /// `None` if the image has no CFI.
    entries: Option<Entries<'a>>,
    functions: Vec<Function<'a>>,
}

impl<'a> Cfi<'a> {
    /// Reads the CFI of `image`, of which no function is named if it has none.
    pub(crate) fn read(image: &Image<'a>) -> Result<Self, CfiError> {
        let Some(range) = image.eh_frame_hdr() else {
            return Ok(Self { entries: None, functions: Vec::new() });
        };
        let bytes = range.end - range.start;
        let outside = CfiError::Header { address: range.start, bytes };
        let segment = image.unplaced_or_rodata(range.start, bytes).ok_or(outside.clone())?;
        let header = segment.bytes_at(range.start, bytes).ok_or(outside)?;
        let header = Header::parse(header, range.start)?;
        let entries = Entries::new(&header, segment)?;
        let mut functions = Vec::with_capacity(header.len());
        for address in header.entries() {
            functions.extend(entries.function(address, image.text())?);
        }
        functions.sort_by_key(|function: &Function<'_>| (function.range.start, function.range.end));
        functions.dedup_by(|second, first| second.range == first.range);
        check_apart(&functions)?;
        Ok(Self { entries: Some(entries), functions })
    }

    /// The functions.
    pub(crate) fn functions(&self) -> &[Function<'a>] {
        &self.functions
    }

    /// Where their instructions lie, from the start of text.
    pub(crate) fn ranges(&self) -> Vec<Range<u32>> {
        self.functions.iter().map(|function| function.range.clone()).collect()
    }

    /// What reads the rows of `functions`, if there are any.
    pub(crate) fn rows(&self) -> Option<RowReader<'_, 'a>> {
        self.entries.as_ref().map(RowReader::new)
    }

    /// The call sites of `function` by ascending address; `None` if it has no LSDA.
    pub(crate) fn call_sites(
        &self,
        function: &Function<'a>,
    ) -> Result<Option<Vec<CallSite>>, CfiError> {
        match &self.entries {
            Some(entries) => entries.call_sites(function),
            None => Ok(None),
        }
    }
}

fn check_apart(functions: &[Function<'_>]) -> Result<(), CfiError> {
    let overlapping = functions.windows(2).find(|pair| pair[0].range.end > pair[1].range.start);
    match overlapping {
        Some(pair) => Err(CfiError::Overlap {
            first: pair[0].range.start.into(),
            second: pair[1].range.start.into(),
        }),
        None => Ok(()),
    }
}
