//! Zones and their windows: fixed address ranges that hold every image of a node.
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

/// Length of one window, in bytes.
pub const WINDOW_BYTES: u64 = 512 << 20;

/// Windows that a zone's addresses have room for.
const WINDOWS_OF_ZONE: u64 = 4;

/// From one zone to the next, in bytes.
pub const ZONE_BYTES: u64 = WINDOWS_OF_ZONE * WINDOW_BYTES;

/// The most zones of a node: room for some millions of small images, in 24 mappings of a worker.
pub const ZONES_MAX: usize = 8;

/// Where zone 0 begins, in every worker.
const BASE: u64 = 0x1000_0000_0000;

/// Alignment of a slot's offset, in bytes: a cache line, not a page, because a window is one mapping
/// and images are small.
pub const SLOT_ALIGN_BYTES: u64 = 64;

/// The windows of one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    base: u64,
}

impl Windows {
    /// Those of zone `zone`, which is below [`ZONES_MAX`].
    #[inline]
    #[must_use]
    pub const fn of(zone: u8) -> Self {
        Self { base: BASE + zone as u64 * ZONE_BYTES }
    }

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

/// Whether `address` lies in a text window: "is this instruction service code?" Nothing lies in the
/// windows of zones that a node does not have.
#[must_use]
pub const fn is_text(address: u64) -> bool {
    let offset = address.wrapping_sub(BASE);
    offset < ZONES_MAX as u64 * ZONE_BYTES && offset % ZONE_BYTES < WINDOW_BYTES
}

/// Whether `bytes` bytes from `address` lie inside one window of one of the first `zones` zones.
#[must_use]
pub const fn is_inside_one_window(address: u64, bytes: u64, zones: usize) -> bool {
    let offset = address.wrapping_sub(BASE);
    offset < zones as u64 * ZONE_BYTES
        && offset % ZONE_BYTES < 3 * WINDOW_BYTES
        && bytes <= WINDOW_BYTES - offset % WINDOW_BYTES
}

/// Whether `bytes` bytes from `address` lie inside the data window of one of the first `zones` zones.
#[must_use]
pub const fn is_inside_data_window(address: u64, bytes: u64, zones: usize) -> bool {
    address.wrapping_sub(BASE) % ZONE_BYTES >= 2 * WINDOW_BYTES
        && is_inside_one_window(address, bytes, zones)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_exactly_the_first_window_of_each_zone() {
        for zone in [0, 1, ZONES_MAX as u8 - 1] {
            let windows = Windows::of(zone);
            assert!(!is_text(windows.text() - 1));
            assert!(is_text(windows.text()));
            assert!(is_text(windows.rodata() - 1));
            assert!(!is_text(windows.rodata()));
        }
        assert!(!is_text(Windows::of(ZONES_MAX as u8).text()));
    }

    #[test]
    fn range_is_refused_when_it_crosses_windows_or_wraps() {
        for zone in [0, 2] {
            let windows = Windows::of(zone);
            assert!(is_inside_one_window(windows.rodata() - 8, 8, 3));
            assert!(!is_inside_one_window(windows.rodata() - 8, 9, 3));
            assert!(is_inside_one_window(windows.data() + WINDOW_BYTES - 1, 1, 3));
            assert!(!is_inside_one_window(windows.data() + WINDOW_BYTES, 1, 3));
            assert!(!is_inside_one_window(windows.text() - 1, 2, 3));
        }
        assert!(!is_inside_one_window(u64::MAX, u64::MAX, 3));
    }

    #[test]
    fn only_data_windows_may_be_written() {
        let windows = Windows::of(1);
        assert!(is_inside_data_window(windows.data(), WINDOW_BYTES, 2));
        assert!(!is_inside_data_window(windows.data(), WINDOW_BYTES + 1, 2));
        assert!(!is_inside_data_window(windows.data() - 1, 1, 2));
        assert!(!is_inside_data_window(windows.text(), 1, 2));
        assert!(!is_inside_data_window(windows.data(), 1, 1));
    }

    #[test]
    fn range_is_refused_behind_the_last_zone_even_if_it_is_empty() {
        assert!(!is_inside_one_window(Windows::of(3).text(), 0, 3));
    }

    #[test]
    fn range_is_refused_when_the_node_has_no_such_zone() {
        let address = Windows::of(2).data();
        assert!(is_inside_one_window(address, 1, 3));
        assert!(!is_inside_one_window(address, 1, 2));
    }
}
