//! Applying a plan to a slot of the read-only window: a copy, the relocations, the image header.
//!
//! Called by [`zone`](crate::zone) with exactly the slot's bytes. Safe code: nothing outside the
//! slice can be written, whatever the image said.
#![forbid(unsafe_code)]

use mote_abi::image::ImageHeader;
use mote_abi::imports::ImportTable;
use mote_abi::windows::Windows;
use zerocopy::IntoBytes;

use crate::plan::Checked;

/// Where an image goes.
pub(crate) struct Destination<'a> {
    /// The zone.
    pub(crate) zone: u8,
    /// Its windows in workers.
    pub(crate) windows: Windows,
    /// Offset of the slot in its windows, in bytes.
    pub(crate) slot: u32,
    /// The slot's bytes in the read-only window, as long as the image's read-only bytes.
    pub(crate) rodata: &'a mut [u8],
}

/// Writes `image` to `to`, bound to `imports`.
pub(crate) fn write(image: &Checked, imports: &ImportTable, to: Destination<'_>) {
    to.rodata.copy_from_slice(image.rodata());
    let base = to.windows.text() + u64::from(to.slot);
    for relocation in image.relative() {
        store(to.rodata, relocation.at, base + u64::from(relocation.addend));
    }
    for relocation in image.imported() {
        store(to.rodata, relocation.at, imports.address(relocation.import));
    }
    let record = record(image, to.zone, to.slot);
    let at = image.layout().record as usize;
    to.rodata[at..][..size_of::<ImageHeader>()].copy_from_slice(record.as_bytes());
}

#[inline]
fn store(bytes: &mut [u8], at: u32, value: u64) {
    bytes[at as usize..][..8].copy_from_slice(&value.to_le_bytes());
}

fn record(image: &Checked, zone: u8, slot: u32) -> ImageHeader {
    let layout = image.layout();
    ImageHeader {
        slot,
        text_bytes: layout.text_bytes,
        rodata_bytes: layout.rodata_bytes,
        data_bytes: layout.data_bytes,
        pristine_bytes: layout.pristine_bytes,
        pristine: slot + layout.pristine,
        unwind: slot + layout.unwind,
        unwind_bytes: layout.unwind_bytes,
        zone: zone.into(),
        state: image.state(),
        stop_points: slot + layout.stops,
        stop_point_count: layout.stop_count,
        reserved: [0; 4],
    }
}
