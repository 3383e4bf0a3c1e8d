//! A function, as its entry of `.eh_frame` describes it.
#![forbid(unsafe_code)]

use core::ops::Range;

use gimli::{EndianSlice, FrameDescriptionEntry, LittleEndian};

/// Bytes as gimli reads them: x86-64 is little-endian.
pub(super) type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// A function that has CFI.
#[derive(Debug)]
pub(crate) struct Function<'a> {
    /// Where its instructions lie, from the start of text.
    pub(crate) range: Range<u32>,
    pub(super) fde: FrameDescriptionEntry<Bytes<'a>>,
}

impl Function<'_> {
    /// Whether its caller was interrupted, not calling.
    pub(crate) fn is_signal_frame(&self) -> bool {
        self.fde.is_signal_trampoline()
    }
}
