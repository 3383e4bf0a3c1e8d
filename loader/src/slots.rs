//! Which parts of the windows are free: best fit over coalesced extents.
//!
//! Pure arithmetic over offsets; the same slot is taken in all three windows. Two ordered indexes of
//! the free extents, by start and by size, make taking and giving back logarithmic in the number of
//! *holes*, whatever the number of images.
//!
//! ```text
//!  0                                       touched                 WINDOW_BYTES
//!  │ taken │ hole │ taken │ hole │ taken   │ never used            │
//! ```
#![forbid(unsafe_code)]

use alloc::collections::{BTreeMap, BTreeSet};

use mote_abi::windows::{SLOT_ALIGN_BYTES, WINDOW_BYTES};

/// Offsets and lengths are multiples of this.
const GRANULE: u32 = SLOT_ALIGN_BYTES as u32;

/// How many of the closest-fitting holes are tried for an aligned slot before one that is certainly
/// large enough is taken.
const CLOSE_FITS: usize = 8;

/// A range of offsets, the same in all three windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Where it starts, in bytes from the start of a window.
    pub(crate) start: u32,
    /// Its length in bytes.
    pub(crate) bytes: u32,
}

/// A slot just taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The slot.
    pub(crate) slot: Slot,
    /// Whether any of it may have been part of a slot before.
    pub(crate) is_reused: bool,
}

/// The free extents of a zone. They never touch each other.
#[derive(Debug)]
pub(crate) struct Slots {
    by_start: BTreeMap<u32, u32>,
    by_size: BTreeSet<(u32, u32)>,
    free_bytes: u32,
    touched: u32,
}

impl Slots {
    /// One extent: everything.
    pub(crate) fn new() -> Self {
        let (by_start, by_size) = (BTreeMap::new(), BTreeSet::new());
        let mut slots = Self { by_start, by_size, free_bytes: 0, touched: 0 };
        slots.insert(0, WINDOW_BYTES as u32);
        slots
    }

    /// Takes a slot of at least `bytes` bytes whose start is a multiple of `align`, a power of two
    /// of at most a page. `None` if no hole is large enough.
    pub(crate) fn take(&mut self, bytes: u32, align: u32) -> Option<Taken> {
        let bytes = bytes.max(1).checked_next_multiple_of(GRANULE)?;
        let align = align.max(GRANULE);
        let (size, hole) = self.find(bytes, align)?;
        self.remove(hole, size);
        let start = hole.next_multiple_of(align);
        self.insert(hole, start - hole);
        self.insert(start + bytes, hole + size - (start + bytes));
        let is_reused = start < self.touched;
        self.touched = self.touched.max(start + bytes);
        Some(Taken { slot: Slot { start, bytes }, is_reused })
    }

    /// Gives back a slot that [`Slots::take`] returned, and joins it with its free neighbours.
    pub(crate) fn give_back(&mut self, slot: Slot) {
        let Slot { mut start, mut bytes } = slot;
        if let Some((&before, &size)) = self.by_start.range(..start).next_back()
            && before + size == start
        {
            self.remove(before, size);
            (start, bytes) = (before, size + bytes);
        }
        if let Some(&size) = self.by_start.get(&(start + bytes)) {
            self.remove(start + bytes, size);
            bytes += size;
        }
        self.insert(start, bytes);
    }

    /// Where the offsets start that were never part of a slot.
    pub(crate) fn touched(&self) -> u32 {
        self.touched
    }

    /// What is free in all, in bytes.
    pub(crate) fn free_bytes(&self) -> u32 {
        self.free_bytes
    }

    /// Size and start of the hole to take a slot from.
    fn find(&self, bytes: u32, align: u32) -> Option<(u32, u32)> {
        let fits = |&(size, hole): &(u32, u32)| {
            let lost = hole.next_multiple_of(align) - hole;
            size.checked_sub(lost).is_some_and(|usable| usable >= bytes)
        };
        let certain = bytes.checked_add(align - GRANULE)?;
        let close = self.by_size.range((bytes, 0)..).take(CLOSE_FITS).copied().find(fits);
        close.or_else(|| self.by_size.range((certain, 0)..).next().copied())
    }

    fn insert(&mut self, start: u32, size: u32) {
        if size > 0 {
            self.by_start.insert(start, size);
            self.by_size.insert((size, start));
            self.free_bytes += size;
        }
    }

    fn remove(&mut self, start: u32, size: u32) {
        self.by_start.remove(&start);
        self.by_size.remove(&(size, start));
        self.free_bytes -= size;
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const ALL: u32 = WINDOW_BYTES as u32;

    fn assert_whole(slots: &mut Slots) {
        assert_eq!(slots.free_bytes(), ALL);
        assert_eq!(slots.take(ALL, 4096).map(|taken| taken.slot.bytes), Some(ALL));
    }

    fn end(slot: Slot) -> u32 {
        slot.start + slot.bytes
    }

    #[test]
    fn slot_is_refused_when_larger_than_every_hole() {
        let mut slots = Slots::new();
        assert_eq!(slots.take(ALL + 1, 64), None);
        assert_eq!(slots.take(u32::MAX, 4096), None);
        let half = slots.take(ALL / 2, 64).unwrap();
        assert_eq!(slots.take(ALL / 2 + 1, 64), None);
        slots.give_back(half.slot);
        assert_whole(&mut slots);
    }

    #[test]
    fn slot_is_reused_only_when_it_touches_used_offsets() {
        let mut slots = Slots::new();
        let first = slots.take(640, 64).unwrap();
        let second = slots.take(640, 64).unwrap();
        assert!(!first.is_reused && !second.is_reused);
        slots.give_back(second.slot);
        let longer = slots.take(1280, 64).unwrap();
        assert!(longer.is_reused);
        assert_eq!(longer.slot.start, second.slot.start);
        assert!(!slots.take(64, 64).unwrap().is_reused);
    }

    #[test]
    fn hole_of_an_aligned_slot_is_found_again() {
        let mut slots = Slots::new();
        let first = slots.take(8192, 4096).unwrap();
        let _second = slots.take(64, 64).unwrap();
        slots.give_back(first.slot);
        assert_eq!(slots.take(8192, 4096).unwrap().slot, first.slot);
    }

    /// Takes (bytes, log2 of the alignment) and gives back (which).
    fn steps() -> impl Strategy<Value = Vec<(u32, u32, Option<prop::sample::Index>)>> {
        let bytes = prop_oneof![0..5000_u32, 0..ALL / 4];
        vec((bytes, 0..13_u32, any::<Option<prop::sample::Index>>()), 1..200)
    }

    proptest! {
        #[test]
        fn slots_never_overlap_and_join_again_when_all_are_given_back(steps in steps()) {
            let mut slots = Slots::new();
            let mut taken: Vec<Slot> = Vec::new();
            for (bytes, align, give_back) in steps {
                if let Some(index) = give_back.filter(|_| !taken.is_empty()) {
                    slots.give_back(taken.swap_remove(index.index(taken.len())));
                } else if let Some(Taken { slot, .. }) = slots.take(bytes, 1 << align) {
                    prop_assert!(slot.bytes >= bytes.max(1) && slot.bytes < bytes + 64 + 1);
                    prop_assert!(slot.start.is_multiple_of((1 << align).max(64)));
                    prop_assert!(end(slot) <= ALL);
                    let is_apart = |it: &Slot| end(*it) <= slot.start || end(slot) <= it.start;
                    prop_assert!(taken.iter().all(is_apart));
                    taken.push(slot);
                }
                let used: u32 = taken.iter().map(|slot| slot.bytes).sum();
                prop_assert_eq!(slots.free_bytes(), ALL - used);
            }
            taken.into_iter().for_each(|slot| slots.give_back(slot));
            assert_whole(&mut slots);
        }
    }
}
