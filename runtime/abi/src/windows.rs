//! Zones and their windows: address ranges that hold every image of a node, the same in all its workers and elsewhere
//! at each start.
//!
//! ```text
//!  base of zone 0           +512 MiB                 +1 GiB                   +1.5 GiB    +2 GiB
//!  │ text window            │ read-only window       │ data window            │ nothing   │ zone 1 …
//!  │ r-x in workers         │ r-- in workers         │ rw-, private to each   │
//!  └ slot at offset S       └ the same offset S      └ the same offset S
//! ```
//!
//! An image's three segments lie at the same offset in the three windows of a zone, so its
//! program-counter-relative references hold wherever its slot is.

use core::ops::Range;

/// Length of one window, in bytes.
pub const WINDOW_BYTES: u64 = 512 << 20;

/// Windows that a zone's addresses have room for.
const WINDOWS_OF_ZONE: u64 = 4;

/// From one zone to the next, in bytes.
pub const ZONE_BYTES: u64 = WINDOWS_OF_ZONE * WINDOW_BYTES;

/// The most zones of a node: room for some millions of small images, in 24 mappings of a worker.
pub const ZONES_MAX: usize = 8;

/// What all zones together have room in.
const ZONES_BYTES: u64 = ZONES_MAX as u64 * ZONE_BYTES;

/// What zone 0 begins at a multiple of: a huge page.
const ALIGN_BYTES: u64 = 2 << 20;

/// The first address where zone 0 may begin, and one behind the last where a zone may end: above what programs are
/// linked at, and below everything that the kernel places.
const LOWEST: u64 = 0x0100_0000_0000;
const HIGHEST: u64 = 0x2a00_0000_0000;

/// Alignment of a slot's offset, in bytes: a cache line, not a page, because a window is one mapping
/// and images are small.
pub const SLOT_ALIGN_BYTES: u64 = 64;

/// Where zone 0 begins, in every worker of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base(u64);

impl Base {
    /// How many there are.
    pub const COUNT: u64 = (HIGHEST - LOWEST - ZONES_BYTES) / ALIGN_BYTES;

    /// The one with number `number`, counted on from the first again behind the last.
    #[must_use]
    pub const fn of_number(number: u64) -> Self {
        Self(LOWEST + number % Self::COUNT * ALIGN_BYTES)
    }

    /// The one that the dispatcher has said to be at `address`.
    #[inline]
    #[must_use]
    pub const fn at(address: u64) -> Self {
        Self(address)
    }

    /// Where it is.
    #[must_use]
    pub const fn address(self) -> u64 {
        self.0
    }

    /// The windows of zone `zone`, which is below [`ZONES_MAX`].
    #[inline]
    #[must_use]
    pub const fn windows(self, zone: u8) -> Windows {
        Windows { base: self.0 + zone as u64 * ZONE_BYTES }
    }

    /// The addresses of all zones that a node can have.
    #[must_use]
    pub const fn zones(self) -> Range<u64> {
        self.0..self.0 + ZONES_BYTES
    }

    /// Whether `address` lies in a text window: "is this instruction service code?" Nothing lies in the
    /// windows of zones that a node does not have.
    #[inline]
    #[must_use]
    pub const fn is_text(self, address: u64) -> bool {
        let offset = address.wrapping_sub(self.0);
        offset < ZONES_BYTES && offset % ZONE_BYTES < WINDOW_BYTES
    }

    /// Whether `bytes` bytes from `address` lie inside one window of one of the first `zones` zones.
    #[inline]
    #[must_use]
    pub const fn is_inside_one_window(self, address: u64, bytes: u64, zones: usize) -> bool {
        let offset = address.wrapping_sub(self.0);
        offset < zones as u64 * ZONE_BYTES
            && offset % ZONE_BYTES < 3 * WINDOW_BYTES
            && bytes <= WINDOW_BYTES - offset % WINDOW_BYTES
    }

    /// Whether `bytes` bytes from `address` lie inside the data window of one of the first `zones` zones.
    #[inline]
    #[must_use]
    pub const fn is_inside_data_window(self, address: u64, bytes: u64, zones: usize) -> bool {
        address.wrapping_sub(self.0) % ZONE_BYTES >= 2 * WINDOW_BYTES
            && self.is_inside_one_window(address, bytes, zones)
    }
}

/// The windows of one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    base: u64,
}

impl Windows {
    /// Address of the text window in a worker.
    #[inline]
    #[must_use]
    pub const fn text(self) -> u64 {
        self.base
    }

    /// Address of the read-only window in a worker.
    #[inline]
    #[must_use]
    pub const fn rodata(self) -> u64 {
        self.base + WINDOW_BYTES
    }

    /// Address of the data window in a worker.
    #[inline]
    #[must_use]
    pub const fn data(self) -> u64 {
        self.base + 2 * WINDOW_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: Base = Base::of_number(77);

    #[test]
    fn text_is_exactly_the_first_window_of_each_zone() {
        for zone in [0, 1, ZONES_MAX as u8 - 1] {
            let windows = BASE.windows(zone);
            assert!(!BASE.is_text(windows.text() - 1));
            assert!(BASE.is_text(windows.text()));
            assert!(BASE.is_text(windows.rodata() - 1));
            assert!(!BASE.is_text(windows.rodata()));
        }
        assert!(!BASE.is_text(BASE.windows(ZONES_MAX as u8).text()));
    }

    #[test]
    fn range_is_refused_when_it_crosses_windows_or_wraps() {
        for zone in [0, 2] {
            let windows = BASE.windows(zone);
            assert!(BASE.is_inside_one_window(windows.rodata() - 8, 8, 3));
            assert!(!BASE.is_inside_one_window(windows.rodata() - 8, 9, 3));
            assert!(BASE.is_inside_one_window(windows.data() + WINDOW_BYTES - 1, 1, 3));
            assert!(!BASE.is_inside_one_window(windows.data() + WINDOW_BYTES, 1, 3));
            assert!(!BASE.is_inside_one_window(windows.text() - 1, 2, 3));
        }
        assert!(!BASE.is_inside_one_window(u64::MAX, u64::MAX, 3));
    }

    #[test]
    fn only_data_windows_may_be_written() {
        let windows = BASE.windows(1);
        assert!(BASE.is_inside_data_window(windows.data(), WINDOW_BYTES, 2));
        assert!(!BASE.is_inside_data_window(windows.data(), WINDOW_BYTES + 1, 2));
        assert!(!BASE.is_inside_data_window(windows.data() - 1, 1, 2));
        assert!(!BASE.is_inside_data_window(windows.text(), 1, 2));
        assert!(!BASE.is_inside_data_window(windows.data(), 1, 1));
    }

    #[test]
    fn range_is_refused_behind_the_last_zone_even_if_it_is_empty() {
        assert!(!BASE.is_inside_one_window(BASE.windows(3).text(), 0, 3));
    }

    #[test]
    fn range_is_refused_when_the_node_has_no_such_zone() {
        let address = BASE.windows(2).data();
        assert!(BASE.is_inside_one_window(address, 1, 3));
        assert!(!BASE.is_inside_one_window(address, 1, 2));
    }

    #[test]
    fn bases_are_apart_and_none_is_at_an_end() {
        let address = |number| Base::of_number(number).address();
        assert_eq!(address(0), LOWEST);
        assert_eq!(address(1), LOWEST + ALIGN_BYTES);
        assert_eq!(address(Base::COUNT), LOWEST);
        assert!(Base::of_number(Base::COUNT - 1).zones().end <= HIGHEST);
        const { assert!(Base::COUNT > 1 << 24) };
    }
}
