//! The arithmetic of an arena, on addresses and lengths only: where the bump heap puts a block, what
//! a discard has to scrub, how much of the region a limit needs. Pure and total.
#![forbid(unsafe_code)]

use core::alloc::Layout;
use core::ops::Range;

/// A page of x86-64, in bytes.
pub const PAGE_BYTES: usize = 4096;

/// How much of each heap's end of the region stays resident between invocations, in bytes.
///
/// A discard zeroes what was used of it and gives the pages beyond it back. Zeroing costs 94 ns per
/// 16 KiB that are in the cache (1.5 µs for all of this), giving pages back costs 3.6 µs and then
/// 1.4 µs for each page that is used again (90 µs for all of this). So a service
/// that stays below it never meets the kernel, and an idle worker holds at most twice this much.
pub const KEPT_BYTES: usize = 256 << 10;

/// bumpalo's footer, in bytes. Source: `ChunkFooter` in bumpalo 3.
pub(crate) const BUMP_FOOTER_BYTES: usize = 48;

/// What bumpalo keeps of a chunk that fills whole pages, in bytes: its footer, and the room that it
/// leaves for a malloc's header (16). Source: `OVERHEAD` in bumpalo 3; `Arena::new` verifies it.
pub(crate) const BUMP_OVERHEAD_BYTES: usize = BUMP_FOOTER_BYTES + 16;

/// The smallest region: one page for the general heap, one for the bump heap's footer.
pub(crate) const LEAST_REGION_BYTES: usize = 2 * PAGE_BYTES;

/// Where a heap that bumps downward from `mark` puts `layout`, unless that is below `floor`.
#[inline]
pub(crate) fn place_below(mark: usize, floor: usize, layout: Layout) -> Option<usize> {
    let end = mark & !(layout.align() - 1);
    let bytes = layout.pad_to_align().size();
    let room = end.checked_sub(floor)?;
    (bytes <= room).then(|| end - bytes)
}

/// What makes a used range zero again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scrub {
    /// To be zeroed.
    pub(crate) zero: Range<usize>,
    /// Whole pages, to be given back.
    pub(crate) release: Range<usize>,
}

impl Scrub {
    /// Zeroes what of `used` is in `kept`, gives back what lies on one side of it.
    ///
    /// `used` begins or ends where `kept` does, as a heap fills the region from one end; `kept` is
    /// whole pages.
    pub(crate) fn plan(used: Range<usize>, kept: Range<usize>) -> Self {
        let zero = used.start.max(kept.start)..used.end.min(kept.end);
        let release = if used.start < kept.start {
            page_down(used.start)..kept.start
        } else {
            kept.end..page_up(used.end).max(kept.end)
        };
        Self { zero, release }
    }
}

/// Pages that the general heap may take for a limit, in bytes.
///
/// Twice the limit, because headers and fragmentation need room that the service did not ask for (a
/// vector that grows leaves holes of half its size), and one page of dlmalloc's own. It bounds what a
/// fragmenting service can make the worker scrub.
pub(crate) const fn general_page_bytes(limit_bytes: usize) -> usize {
    page_up(limit_bytes).saturating_mul(2).saturating_add(PAGE_BYTES)
}

/// The length of a region in which both heaps can serve `limit_bytes`. The footer's page is the last.
pub(crate) const fn region_bytes(limit_bytes: usize) -> usize {
    page_down(general_page_bytes(limit_bytes).saturating_add(PAGE_BYTES))
}

/// The page boundary at or below.
pub(crate) const fn page_down(bytes: usize) -> usize {
    bytes & !(PAGE_BYTES - 1)
}

/// The page boundary at or above; the last one there is, if there is none above.
pub(crate) const fn page_up(bytes: usize) -> usize {
    page_down(bytes.saturating_add(PAGE_BYTES - 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn block_is_placed_when_it_fits_to_the_byte() {
        assert_eq!(place_below(0x1000, 0xf00, layout(0x100, 1)), Some(0xf00));
        assert_eq!(place_below(0x1000, 0xf01, layout(0x100, 1)), None);
        assert_eq!(place_below(0x1007, 0xf00, layout(0x100, 8)), Some(0xf00));
    }

    #[test]
    fn block_is_refused_when_its_alignment_leaves_the_heap() {
        assert_eq!(place_below(0x1800, 0x1000, layout(1, 0x1000)), None);
        assert_eq!(place_below(0x1800, 0x1000, layout(1, 1 << 62)), None);
        assert_eq!(place_below(0x1800, 0x1000, layout(isize::MAX as usize, 1)), None);
    }

    #[test]
    fn region_length_saturates_to_whole_pages() {
        assert_eq!(region_bytes(0), LEAST_REGION_BYTES);
        assert_eq!(region_bytes(1), 4 * PAGE_BYTES);
        assert_eq!(region_bytes(usize::MAX) % PAGE_BYTES, 0);
    }

    proptest! {
        #[test]
        fn placed_block_lies_aligned_between_floor_and_mark(
            mark in 0..1_usize << 20, floor in 0..1_usize << 20,
            size in 1..1_usize << 16, shift in 0_u32..20,
        ) {
            let block = layout(size, 1 << shift);
            if let Some(start) = place_below(mark, floor, block) {
                prop_assert!(start >= floor && start + size <= mark);
                prop_assert_eq!(start % block.align(), 0);
            } else {
                prop_assert!(mark < floor + size + 2 * block.align());
            }
        }

        #[test]
        fn scrub_covers_what_was_used_once_for_both_directions(
            pages in 2_usize..200, kept_pages in 1_usize..100, used in 1_usize..800_000,
            downward: bool,
        ) {
            let end = pages * PAGE_BYTES;
            let kept_bytes = kept_pages.min(pages) * PAGE_BYTES;
            let used = used.min(end);
            let (used, kept) = if downward {
                (end - used..end, end - kept_bytes..end)
            } else {
                (0..used, 0..kept_bytes)
            };
            let Scrub { zero, release } = Scrub::plan(used.clone(), kept.clone());
            prop_assert_eq!(release.start % PAGE_BYTES, 0);
            prop_assert_eq!(release.end % PAGE_BYTES, 0);
            prop_assert!(zero.start >= kept.start && zero.end <= kept.end);
            prop_assert!(release.is_empty() || release.end <= zero.start || zero.end <= release.start);
            for byte in [used.start, used.end - 1, kept.start, kept.end - 1] {
                let scrubbed = zero.contains(&byte) || release.contains(&byte);
                prop_assert_eq!(scrubbed, used.contains(&byte));
            }
            prop_assert_eq!(release.is_empty(), used.len() <= kept_bytes);
        }
    }
}
