//! The three windows: fixed address ranges that hold every image of a node (DESIGN section 5).
//!
//! ```text
//!  ZONE_BASE                +512 MiB                 +1 GiB
//!  │ text window            │ read-only window       │ data window            │
//!  │ r-x in workers         │ r-- in workers         │ rw-, private to each   │
//!  └ slot at offset S       └ the same offset S      └ the same offset S
//! ```
//!
//! An image's three segments lie at the same offset in the three windows, so its
//! program-counter-relative references hold wherever its slot is.

/// Length of one window, in bytes.
pub const WINDOW_BYTES: u64 = 512 << 20;

/// Address at which every worker maps its text window; the other two follow.
pub const ZONE_BASE: u64 = 0x1000_0000_0000;

/// Address of the text window in a worker.
pub const TEXT_BASE: u64 = ZONE_BASE;

/// Address of the read-only window in a worker.
pub const RODATA_BASE: u64 = ZONE_BASE + WINDOW_BYTES;

/// Address of the data window in a worker.
pub const DATA_BASE: u64 = ZONE_BASE + 2 * WINDOW_BYTES;

/// Alignment of a slot's offset, in bytes: a cache line, not a page, because a window is one mapping
/// and images are small.
pub const SLOT_ALIGN_BYTES: u64 = 64;

/// Whether `address` lies in the text window: "is this instruction service code?"
#[must_use]
pub const fn is_text(address: u64) -> bool {
    address.wrapping_sub(TEXT_BASE) < WINDOW_BYTES
}

/// Whether `bytes` bytes from `address` lie inside one window of the zone.
#[must_use]
pub const fn is_inside_one_window(address: u64, bytes: u64) -> bool {
    let offset = address.wrapping_sub(ZONE_BASE);
    offset < 3 * WINDOW_BYTES && bytes <= WINDOW_BYTES - offset % WINDOW_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_exactly_the_first_window() {
        assert!(!is_text(TEXT_BASE - 1));
        assert!(is_text(TEXT_BASE));
        assert!(is_text(RODATA_BASE - 1));
        assert!(!is_text(RODATA_BASE));
    }

    #[test]
    fn range_is_refused_when_it_crosses_windows_or_wraps() {
        assert!(is_inside_one_window(RODATA_BASE - 8, 8));
        assert!(!is_inside_one_window(RODATA_BASE - 8, 9));
        assert!(!is_inside_one_window(DATA_BASE + WINDOW_BYTES, 1));
        assert!(!is_inside_one_window(ZONE_BASE - 1, 2));
        assert!(!is_inside_one_window(u64::MAX, u64::MAX));
    }
}
