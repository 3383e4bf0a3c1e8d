//! A checked image as owned bytes and a list of writes: all that placing needs, laid out once.
//!
//! ```text
//!  text window       │ text, zero-filled tail, int3 … │
//!  read-only window  │ read-only segment │ pristine data │ record │
//!  data window       │ data, zeros │            (written by workers only)
//!                    └ slot, the same offset in each
//! ```
//!
//! Built by [`check`](crate::check) from facts that it has verified, and read by
//! [`place`](crate::place).
#![forbid(unsafe_code)]

use alloc::boxed::Box;
use alloc::vec::Vec;

use mote_abi::image::ImageHeader;
use mote_abi::imports::Import;
use mote_abi::prefetch;
use mote_abi::windows::{SLOT_ALIGN_BYTES, WINDOW_BYTES};

use crate::decode::Code;
use crate::error::CheckError;
use crate::image::{Image, Segment};

/// One-byte breakpoint: fills what is behind text, so that running off its end traps.
pub(crate) const INT3: u8 = 0xcc;

/// Lines of an image that are asked for at once, before they are copied; processors find the rest of a
/// long image by themselves.
const FETCHED_LINES: usize = 32;

/// The bytes at `at` become the address `addend` bytes behind the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Relative {
    /// Offset in the image's read-only bytes.
    pub(crate) at: u32,
    /// The address as linked: below three windows.
    pub(crate) addend: u32,
}

/// The bytes at `at` become the address of `import`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Imported {
    /// Offset in the image's read-only bytes.
    pub(crate) at: u32,
    /// What they are bound to.
    pub(crate) import: Import,
}

/// The relocations of an image, in the order of its tables.
#[derive(Debug, Default)]
pub(crate) struct Relocations {
    /// Those to the image itself.
    pub(crate) relative: Vec<Relative>,
    /// Those to the worker.
    pub(crate) imported: Vec<Imported>,
}

impl Relocations {
    /// Where the first of them is.
    fn first(&self) -> Option<u32> {
        let relative = self.relative.iter().map(|it| it.at);
        relative.chain(self.imported.iter().map(|it| it.at)).min()
    }
}

/// Sizes, and offsets from the slot's start, all in bytes and below [`WINDOW_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) text_bytes: u32,
    pub(crate) rodata_bytes: u32,
    pub(crate) data_bytes: u32,
    pub(crate) pristine_bytes: u32,
    pub(crate) pristine: u32,
    pub(crate) record: u32,
    pub(crate) entry: u32,
    /// The first word of the read-only segment that is relocated; 0 if none is.
    pub(crate) relocated: u32,
    pub(crate) eh_frame_hdr: u32,
    pub(crate) eh_frame_hdr_bytes: u32,
    pub(crate) slot_bytes: u32,
    pub(crate) slot_align: u32,
}

impl Layout {
    /// Lays `image` out. Its segments are known to be no larger than a window, and `entry` and
    /// `.eh_frame_hdr` to lie in theirs.
    pub(crate) fn new(image: &Image<'_>, entry: u64) -> Result<Self, CheckError> {
        let (text, rodata) = (image.text(), image.rodata());
        let data = image.data();
        let data_bytes = data.map_or(0, |data| data.memory_bytes);
        let pristine_bytes = data.map_or(0, |data| data.bytes.len() as u64);
        let pristine = rodata.memory_bytes.next_multiple_of(SLOT_ALIGN_BYTES);
        let record = (pristine + pristine_bytes).next_multiple_of(SLOT_ALIGN_BYTES);
        let rodata_end = record + size_of::<ImageHeader>() as u64;
        let slot_bytes = slot_bytes([padded_text_bytes(text), rodata_end, data_bytes])?;
        let slot_align = image.placed().map(|segment| segment.align).max().unwrap_or(0);
        let eh_frame_hdr = image.eh_frame_hdr();
        Ok(Self {
            text_bytes: text.memory_bytes as u32,
            rodata_bytes: rodata.memory_bytes as u32,
            data_bytes: data_bytes as u32,
            pristine_bytes: pristine_bytes as u32,
            pristine: pristine as u32,
            record: record as u32,
            entry: (entry - text.address) as u32,
            relocated: 0,
            eh_frame_hdr: eh_frame_hdr.clone().map_or(0, |it| it.start - rodata.address) as u32,
            eh_frame_hdr_bytes: eh_frame_hdr.map_or(0, |it| it.end - it.start) as u32,
            slot_bytes: slot_bytes as u32,
            slot_align: slot_align.max(SLOT_ALIGN_BYTES) as u32,
        })
    }
}

/// An image that passed every check, ready to be placed any number of times.
#[derive(Debug)]
pub struct Checked {
    layout: Layout,
    /// Text, then the read-only bytes: together, so that they come from memory as one stream.
    bytes: Box<[u8]>,
    /// Bytes of text.
    text_bytes: usize,
    relocations: Relocations,
    state: u32,
}

impl Checked {
    /// Copies what placing needs out of `image`.
    pub(crate) fn new(
        image: &Image<'_>,
        mut layout: Layout,
        relocations: Relocations,
        code: &Code,
    ) -> Self {
        layout.relocated = relocations.first().unwrap_or(0);
        let text_bytes = padded_text_bytes(image.text()) as usize;
        let mut bytes = Vec::new();
        bytes.extend_from_slice(image.text().bytes);
        bytes.resize(layout.text_bytes as usize, 0);
        bytes.resize(text_bytes, INT3);
        bytes.extend_from_slice(image.rodata().bytes);
        bytes.resize(text_bytes + layout.pristine as usize, 0);
        bytes.extend_from_slice(image.data().map_or(&[], |data| data.bytes));
        bytes.resize(text_bytes + layout.record as usize + size_of::<ImageHeader>(), 0);
        Self { layout, bytes: bytes.into(), text_bytes, relocations, state: code.state() }
    }

    /// Asks for the bytes, if they are few: one of thousands of images has been out of this processor's
    /// caches for long.
    pub(crate) fn prefetch(&self) {
        let lines = self.bytes.chunks(prefetch::LINE_BYTES as usize).take(FETCHED_LINES);
        lines.for_each(|bytes| prefetch::line(bytes.as_ptr().addr() as u64));
        prefetch::line(self.relocations.relative.as_ptr().addr() as u64);
        prefetch::line(self.relocations.imported.as_ptr().addr() as u64);
    }

    /// Bytes of the slot that the image takes in each of the three windows.
    #[must_use]
    pub fn slot_bytes(&self) -> u32 {
        self.layout.slot_bytes
    }

    /// Alignment of that slot, in bytes.
    #[must_use]
    pub fn slot_align(&self) -> u32 {
        self.layout.slot_align
    }

    /// Offset of the entry from the slot's start, in bytes.
    #[must_use]
    pub fn entry(&self) -> u32 {
        self.layout.entry
    }

    /// Bytes of the data segment in memory: what an invocation may write.
    #[must_use]
    pub fn data_bytes(&self) -> u32 {
        self.layout.data_bytes
    }

    /// How many eight-byte words placing relocates.
    #[must_use]
    pub fn relocations(&self) -> usize {
        self.relocations.relative.len() + self.relocations.imported.len()
    }

    /// What the image's code can change of the processor's state: bits of [`mote_abi::image::state`].
    #[must_use]
    pub fn state(&self) -> u32 {
        self.state
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes[..self.text_bytes]
    }

    pub(crate) fn rodata(&self) -> &[u8] {
        &self.bytes[self.text_bytes..]
    }

    pub(crate) fn relative(&self) -> &[Relative] {
        &self.relocations.relative
    }

    pub(crate) fn imported(&self) -> &[Imported] {
        &self.relocations.imported
    }
}

/// Text up to the next slot boundary, at least one `int3` included: no byte sequence can continue
/// from one image's text into another's.
fn padded_text_bytes(text: &Segment<'_>) -> u64 {
    (text.memory_bytes + 1).next_multiple_of(SLOT_ALIGN_BYTES)
}

/// Length of a slot in which each window takes what is asked of it.
fn slot_bytes(window_bytes: [u64; 3]) -> Result<u64, CheckError> {
    let bytes = window_bytes.into_iter().fold(1, u64::max).next_multiple_of(SLOT_ALIGN_BYTES);
    (bytes <= WINDOW_BYTES).then_some(bytes).ok_or(CheckError::SlotBytes { bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_is_as_long_as_the_most_that_a_window_needs() {
        assert_eq!(slot_bytes([64, 1000, 0]), Ok(1024));
        assert_eq!(slot_bytes([0, 0, WINDOW_BYTES]), Ok(WINDOW_BYTES));
    }

    #[test]
    fn slot_is_refused_when_longer_than_a_window() {
        let bytes = WINDOW_BYTES + 64;
        assert_eq!(slot_bytes([64, WINDOW_BYTES + 1, 0]), Err(CheckError::SlotBytes { bytes }));
    }
}
