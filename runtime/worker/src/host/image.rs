//! The image that an invocation runs: its header, its data window, its text and tables.
//!
//! The loader checked that all of it lies in the image's windows, and leaves it where it is while an
//! invocation of it is outstanding. The data window is this worker's own.

use core::ptr;
use core::slice;

use mote_abi::image::ImageHeader;
use mote_abi::message::Invoke;
use mote_abi::windows::Windows;

use crate::host::zones;

/// A placed image.
#[derive(Clone, Copy, Debug)]
pub struct Image(ImageHeader);

impl Image {
    /// The image that `invoke` runs.
    #[must_use]
    pub fn of(invoke: &Invoke) -> Self {
        Self::at(invoke.zone, invoke.record)
    }

    /// The image of which a request said that its header is there.
    #[must_use]
    pub fn at(zone: u8, record: u32) -> Self {
        let address = zones::base().windows(zone).rodata() + u64::from(record);
        // SAFETY: the loader put a header there, aligned, and leaves it while an invocation is
        // outstanding; the window is mapped.
        Self(unsafe { (address as *const ImageHeader).read() })
    }

    /// Its header.
    #[must_use]
    pub const fn header(&self) -> &ImageHeader {
        &self.0
    }

    /// The windows that it is in.
    fn windows(&self) -> Windows {
        zones::base().windows(self.0.zone as u8)
    }

    /// Where its text begins.
    #[must_use]
    pub fn text_address(&self) -> u64 {
        self.windows().text() + u64::from(self.0.slot)
    }

    /// The offsets of its stop points in its text, ascending.
    #[must_use]
    pub fn stop_points(&self) -> &'static [u32] {
        let start = self.windows().rodata() + u64::from(self.0.stop_points);
        // SAFETY: the loader placed so many there, aligned, in the window, which is mapped.
        unsafe { slice::from_raw_parts(start as *const u32, self.0.stop_point_count as usize) }
    }

    /// Its unwind table, as it lies in the read-only window.
    #[must_use]
    pub fn unwind_table(&self) -> &'static [u8] {
        let start = self.windows().rodata() + u64::from(self.0.unwind);
        // SAFETY: the loader placed the table in the window, which is mapped.
        unsafe { slice::from_raw_parts(start as *const u8, self.0.unwind_bytes as usize) }
    }

    /// Makes its data segment what it was when linked.
    #[cold]
    pub fn fill_data(&self) {
        let pristine = (self.windows().rodata() + u64::from(self.0.pristine)) as *const u8;
        let (copied, whole) = (self.0.pristine_bytes as usize, self.0.data_bytes as usize);
        // SAFETY: the loader checked that both lie in their windows.
        unsafe { ptr::copy_nonoverlapping(pristine, self.data(), copied) };
        let rest = self.data().wrapping_add(copied);
        // SAFETY: the same. The rest is zero already, unless a broken service wrote into another's slot.
        unsafe { rest.write_bytes(0, whole.saturating_sub(copied)) };
    }

    /// Zeroes its data segment.
    #[cold]
    pub fn zero_data(&self) {
        // SAFETY: the loader checked that the segment lies in the data window.
        unsafe { self.data().write_bytes(0, self.0.data_bytes as usize) };
    }

    /// Where its data segment begins: `data_bytes` bytes that this worker may write.
    pub(super) fn data(&self) -> *mut u8 {
        (self.windows().data() + u64::from(self.0.slot)) as *mut u8
    }

    /// Whether its data segment is all zeros.
    #[cfg(feature = "torture")]
    #[must_use]
    pub fn is_data_zero(&self) -> bool {
        // SAFETY: as in `zero_data`; no service writes it now.
        let data = unsafe { slice::from_raw_parts(self.data(), self.0.data_bytes as usize) };
        data.iter().all(|&byte| byte == 0)
    }
}
