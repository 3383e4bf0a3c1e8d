//! A checked image as owned bytes and a list of writes: all that placing needs, laid out once.
//!
//! ```text
//!  text window       │ text, zero-filled tail, int3 … │
//!  read-only window  │ read-only segment │ pristine data │ unwind table │ stop points │ record │
//!  data window       │ data, zeros │            (written by workers only)
//!                    └ slot, the same offset in each
//! ```
//!
//! Built by [`check`](crate::check) from facts that it has verified, and read by
//! [`place`](crate::place).
#![forbid(unsafe_code)]

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use mote_abi::image::ImageHeader;
use mote_abi::prefetch;
use mote_abi::stack::gap_blocks;
use mote_abi::unwind::{TABLE_ALIGN_BYTES, UnwindTable};
use mote_abi::windows::{SLOT_ALIGN_BYTES, WINDOW_BYTES};
use zerocopy::IntoBytes;

use crate::decode::Effects;
use crate::error::{CheckError, CodePlace};
use crate::image::{Image, Segment};
use crate::relocations::{Imported, Relative, Relocations};
use crate::stops::{INT3, StopLines, StopPoint};

/// Lines of an image that are asked for at once, before they are copied; processors find the rest of a
/// long image by themselves.
const FETCHED_LINES: usize = 32;

/// Bytes of a stop point in the read-only window.
const STOP_BYTES: u64 = size_of::<u32>() as u64;

/// What the bytes of an image are allocated as. Text and read-only bytes are multiples of it.
type Word = u64;

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
    pub(crate) unwind: u32,
    pub(crate) unwind_bytes: u32,
    pub(crate) stops: u32,
    pub(crate) stop_count: u32,
    pub(crate) slot_bytes: u32,
    pub(crate) slot_align: u32,
}

impl Layout {
    /// Lays out `image`, its unwind table and so many stop points. Its segments are known to be no larger than a window, and
    /// `entry` to lie in text.
    pub(crate) fn new(
        image: &Image<'_>,
        entry: u64,
        unwind_bytes: usize,
        stop_count: usize,
    ) -> Result<Self, CheckError> {
        let (text, rodata) = (image.text(), image.rodata());
        let data = image.data();
        let data_bytes = data.map_or(0, |data| data.memory_bytes);
        let pristine_bytes = data.map_or(0, |data| data.bytes.len() as u64);
        let pristine = pristine(image);
        let unwind = (pristine + pristine_bytes).next_multiple_of(TABLE_ALIGN_BYTES);
        let stops = (unwind + unwind_bytes as u64).next_multiple_of(STOP_BYTES);
        let stops_end = stops + stop_count as u64 * STOP_BYTES;
        let record = stops_end.next_multiple_of(SLOT_ALIGN_BYTES);
        let rodata_end = record + size_of::<ImageHeader>() as u64;
        let slot_bytes = slot_bytes([padded_text_bytes(text), rodata_end, data_bytes])?;
        let slot_align = image.placed().map(|segment| segment.align).max().unwrap_or(0);
        Ok(Self {
            text_bytes: text.memory_bytes as u32,
            rodata_bytes: rodata.memory_bytes as u32,
            data_bytes: data_bytes as u32,
            pristine_bytes: pristine_bytes as u32,
            pristine: pristine as u32,
            record: record as u32,
            entry: (entry - text.address) as u32,
            relocated: 0,
            unwind: unwind as u32,
            unwind_bytes: unwind_bytes as u32,
            stops: stops as u32,
            stop_count: stop_count as u32,
            slot_bytes: slot_bytes as u32,
            slot_align: slot_align.max(SLOT_ALIGN_BYTES) as u32,
        })
    }
}

/// An instruction of an image that reads a counter of the processor, and so tells time finer than services are told
/// it, or which processor runs. As text: where it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} has the instruction `{instruction}`")]
pub struct CounterUse {
    /// Its name.
    pub instruction: &'static str,
    /// Where it is.
    pub place: CodePlace,
}

/// An image that passed every check, ready to be placed any number of times.
#[derive(Debug)]
pub struct Checked {
    layout: Layout,
    /// Text, then the read-only bytes: together, so that they come from memory as one stream, and aligned
    /// as the unwind table must be.
    words: Box<[Word]>,
    /// Bytes of text.
    text_bytes: usize,
    relocations: Relocations,
    state: u32,
    frame_bytes: u32,
    /// Seldom there.
    counter: Option<Box<CounterUse>>,
    stops: Arc<StopLines>,
}

impl Checked {
    /// Copies what placing needs out of `image`.
    pub(crate) fn new(
        image: &Image<'_>,
        mut layout: Layout,
        relocations: Relocations,
        effects: Effects,
        unwind: &[u8],
        stops: &[StopPoint],
    ) -> Self {
        layout.relocated = relocations.first().unwrap_or(0);
        let text_bytes = padded_text_bytes(image.text()) as usize;
        let rodata_bytes = layout.record as usize + size_of::<ImageHeader>();
        let mut words: Box<[Word]> =
            vec![0; (text_bytes + rodata_bytes) / size_of::<Word>()].into();
        let (text, rodata) = words.as_mut_bytes().split_at_mut(text_bytes);
        fill(text, 0, image.text().bytes);
        text[layout.text_bytes as usize..].fill(INT3);
        fill(rodata, 0, image.rodata().bytes);
        fill(rodata, layout.pristine, image.data().map_or(&[], |data| data.bytes));
        fill(rodata, layout.unwind, unwind);
        let offsets: Vec<u32> = stops.iter().map(|stop| stop.offset).collect();
        fill(rodata, layout.stops, offsets.as_bytes());
        let stops = Arc::new(StopLines::new(stops, image.text().bytes));
        let counter = effects.counter.map(|(offset, instruction)| {
            Box::new(CounterUse { instruction, place: CodePlace::of(image, offset) })
        });
        let Effects { state, frame_bytes, .. } = effects;
        Self { layout, words, text_bytes, relocations, state, frame_bytes, counter, stops }
    }

    /// Asks for the bytes, if they are few: one of thousands of images has been out of this processor's
    /// caches for long.
    pub(crate) fn prefetch(&self) {
        let lines = self.words.as_bytes().chunks(prefetch::LINE_BYTES as usize).take(FETCHED_LINES);
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

    /// Its unwind table; `None` if it has no CFI, and then it cannot be unwound.
    #[must_use]
    pub fn unwind_table(&self) -> Option<UnwindTable<'_>> {
        let (start, bytes) = (self.layout.unwind as usize, self.layout.unwind_bytes as usize);
        UnwindTable::new(&self.rodata()[start..start + bytes])
    }

    /// Where breakpoints may stand, by ascending offset.
    #[must_use]
    pub fn stop_points(&self) -> Vec<StopPoint> {
        self.stops.points()
    }

    /// The same, in the order in which breakpoints are stored.
    #[must_use]
    pub fn stop_lines(&self) -> &Arc<StopLines> {
        &self.stops
    }

    /// What the image's code can change of the processor's state: bits of [`mote_abi::image::state`].
    #[must_use]
    pub fn state(&self) -> u32 {
        self.state
    }

    /// What the image's code may leave untouched of a stack between two words that it writes: see
    /// [`mote_abi::stack`].
    #[must_use]
    pub fn stack_gap_blocks(&self) -> u16 {
        gap_blocks(self.frame_bytes)
    }

    /// An instruction that reads a counter of the processor, if there is one.
    #[must_use]
    pub fn counter(&self) -> Option<&CounterUse> {
        self.counter.as_deref()
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.words.as_bytes()[..self.text_bytes]
    }

    pub(crate) fn rodata(&self) -> &[u8] {
        &self.words.as_bytes()[self.text_bytes..]
    }

    pub(crate) fn relative(&self) -> &[Relative] {
        &self.relocations.relative
    }

    pub(crate) fn imported(&self) -> &[Imported] {
        &self.relocations.imported
    }
}

/// Where the pristine copy of the data segment begins in the read-only bytes of `image`.
pub(crate) fn pristine(image: &Image<'_>) -> u64 {
    image.rodata().memory_bytes.next_multiple_of(SLOT_ALIGN_BYTES)
}

fn fill(to: &mut [u8], at: u32, bytes: &[u8]) {
    to[at as usize..][..bytes.len()].copy_from_slice(bytes);
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
