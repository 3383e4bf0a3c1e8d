//! The call frame information of an image: which functions there are, and how their frames are unwound.
//!
//! Read once, when an image is checked. Everything here is total: the bytes come from strangers.
//!
//! | file | holds |
//! | --- | --- |
//! | `header` | `.eh_frame_hdr`: where the functions' entries are |
//! | `error` | what can be wrong |
//!
//! Spec: LSB 5.0 core, chapter 10.6 (`.eh_frame`); DWARF 5, 6.4 (call frame information); System V AMD64
//! psABI, 3.7 and 6.2.
#![forbid(unsafe_code)]

mod error;
mod header;

use alloc::vec::Vec;
use core::ops::Range;

use gimli::{BaseAddresses, EhFrame, EhFrameOffset, EndianSlice, LittleEndian, UnwindSection};

use crate::image::{Image, Segment};
pub use error::CfiError;
use header::Header;

/// Bytes as gimli reads them: x86-64 is little-endian.
type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// The functions of an image that have CFI, by ascending address and apart from each other.
#[derive(Debug)]
pub(crate) struct Cfi {
    functions: Vec<Function>,
}

/// A function that has CFI.
#[derive(Debug)]
pub(crate) struct Function {
    /// Where its instructions lie, from the start of text.
    pub(crate) range: Range<u32>,
}

impl Cfi {
    /// Reads the CFI of `image`, of which no function is named if it has none.
    pub(crate) fn read(image: &Image<'_>) -> Result<Self, CfiError> {
        let Some(range) = image.eh_frame_hdr() else { return Ok(Self { functions: Vec::new() }) };
        let rodata = image.rodata();
        let outside = CfiError::Header { address: range.start, bytes: range.end - range.start };
        let bytes = rodata.bytes_at(range.start, range.end - range.start).ok_or(outside)?;
        let header = Header::parse(bytes, range.start)?;
        let entries = Entries::new(&header, rodata)?;
        let mut functions = Vec::with_capacity(header.len());
        for address in header.entries() {
            functions.extend(entries.function(address, image.text())?);
        }
        functions.sort_by_key(|function: &Function| (function.range.start, function.range.end));
        functions.dedup_by(|second, first| second.range == first.range);
        check_apart(&functions)?;
        Ok(Self { functions })
    }

    /// The functions.
    pub(crate) fn functions(&self) -> &[Function] {
        &self.functions
    }
}

/// `.eh_frame`.
struct Entries<'a> {
    section: EhFrame<Bytes<'a>>,
    bases: BaseAddresses,
    address: u64,
}

impl<'a> Entries<'a> {
    fn new(header: &Header<'_>, rodata: &Segment<'a>) -> Result<Self, CfiError> {
        let address = header.eh_frame();
        let bytes = rodata.bytes_from(address).ok_or(CfiError::EhFrame { address })?;
        let bases = BaseAddresses::default().set_eh_frame(address);
        Ok(Self { section: EhFrame::new(bytes, LittleEndian), bases, address })
    }

    /// The function whose entry lies at `address`; `None` if it has no instructions.
    fn function(&self, address: u64, text: &Segment<'_>) -> Result<Option<Function>, CfiError> {
        let outside = CfiError::EntryOutside { address };
        let offset = address.checked_sub(self.address).ok_or(outside)?;
        let fde = self
            .section
            .fde_from_offset(&self.bases, EhFrameOffset(offset as usize), EhFrame::cie_from_offset)
            .map_err(|error| CfiError::Entry { address, error })?;
        let (start, bytes) = (fde.initial_address(), fde.len());
        if bytes == 0 {
            return Ok(None);
        }
        match text.bytes_at(start, bytes) {
            // A text segment is no longer than a window, which is less than 4 GiB.
            Some(_) => Ok(Some(Function { range: start as u32..(start + bytes) as u32 })),
            None => Err(CfiError::FunctionOutside { start, bytes }),
        }
    }
}

fn check_apart(functions: &[Function]) -> Result<(), CfiError> {
    let overlapping = functions.windows(2).find(|pair| pair[0].range.end > pair[1].range.start);
    match overlapping {
        Some(pair) => Err(CfiError::Overlap {
            first: pair[0].range.start.into(),
            second: pair[1].range.start.into(),
        }),
        None => Ok(()),
    }
}
