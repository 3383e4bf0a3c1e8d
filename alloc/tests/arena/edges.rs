//! The edges: limits to the byte, empty and absurd layouts, what each heap promises of its own.

use mote_alloc::{HeapKind, PAGE_BYTES};

use crate::support::{BOTH_HEAPS, Fixture, layout, region_for, write};

const LIMIT_BYTES: usize = 64 << 10;

fn begun(heap: HeapKind) -> Fixture {
    let mut fixture = Fixture::new(region_for(LIMIT_BYTES));
    fixture.arena.begin(heap, LIMIT_BYTES);
    fixture
}

#[test]
fn limit_is_kept_to_the_byte_by_both_heaps() {
    for heap in BOTH_HEAPS {
        let mut fixture = begun(heap);
        assert!(fixture.arena.alloc(layout(LIMIT_BYTES + 1, 1)).is_null());
        let block = fixture.arena.alloc(layout(LIMIT_BYTES - 16, 16));
        assert!(!block.is_null());
        assert!(fixture.arena.alloc(layout(17, 1)).is_null());
        assert!(!fixture.arena.alloc(layout(16, 1)).is_null());
        assert!(fixture.arena.alloc_zeroed(layout(1, 1)).is_null());
        assert_eq!(fixture.arena.peak_bytes(), LIMIT_BYTES);
        write(block, LIMIT_BYTES - 16, 1);
    }
}

#[test]
fn small_block_is_still_served_after_a_large_one_was_refused() {
    for heap in BOTH_HEAPS {
        let mut fixture = begun(heap);
        assert!(fixture.arena.alloc(layout(2 * LIMIT_BYTES, 8)).is_null());
        assert!(!fixture.arena.alloc(layout(8, 8)).is_null());
    }
}

#[test]
fn limit_is_the_region_when_more_is_asked_for() {
    for heap in BOTH_HEAPS {
        let mut fixture = begun(heap);
        fixture.arena.begin(heap, usize::MAX);
        let region = fixture.arena.addresses();
        assert!(fixture.arena.limit_bytes() < region.len());
        assert!(fixture.arena.limit_bytes() >= region.len() - PAGE_BYTES);
        let mut taken = 0;
        while !fixture.arena.alloc(layout(1000, 8)).is_null() {
            taken += 1000;
        }
        assert!(taken > fixture.arena.limit_bytes() * 9 / 10, "{heap:?}: {taken}");
    }
}

#[test]
fn nothing_is_served_outside_an_invocation() {
    for heap in BOTH_HEAPS {
        let mut fixture = Fixture::new(region_for(LIMIT_BYTES));
        assert!(fixture.arena.alloc(layout(1, 1)).is_null());
        fixture.arena.begin(heap, LIMIT_BYTES);
        fixture.arena.discard();
        assert!(fixture.arena.alloc(layout(1, 1)).is_null());
        assert!(fixture.arena.alloc_zeroed(layout(1, 1)).is_null());
        assert_eq!(fixture.arena.limit_bytes(), 0);
    }
}

#[test]
fn empty_layout_takes_nothing_and_is_aligned() {
    for heap in BOTH_HEAPS {
        let mut fixture = begun(heap);
        for shift in [0, 4, 12, 63] {
            let empty = layout(0, 1 << shift);
            for block in [fixture.arena.alloc(empty), fixture.arena.alloc_zeroed(empty)] {
                assert!(!block.is_null() && block.addr().is_multiple_of(empty.align()));
                // SAFETY: the block is what this layout got.
                unsafe { fixture.arena.dealloc(block, empty) };
            }
        }
        assert_eq!(fixture.arena.peak_bytes(), 0);
        assert!(fixture.arena.is_empty());
    }
}

#[test]
fn absurd_layouts_are_refused_without_harm() {
    let most = isize::MAX as usize;
    let absurd = [(most, 1), (most - 15, 16), (1, 1 << 62), (1 << 62, 1 << 62), (1, 1 << 32)];
    for heap in BOTH_HEAPS {
        let mut fixture = begun(heap);
        // Freed blocks in dlmalloc's lists, so that its searches meet these sizes too.
        for size in [5000, 400, 3000] {
            let block = fixture.arena.alloc(layout(size, 8));
            fixture.arena.alloc(layout(8, 8));
            // SAFETY: live, and of this layout.
            unsafe { fixture.arena.dealloc(block, layout(size, 8)) };
        }
        let used = fixture.arena.used_bytes();
        for (size, align) in absurd {
            assert!(fixture.arena.alloc(layout(size, align)).is_null());
            assert!(fixture.arena.alloc_zeroed(layout(size, align)).is_null());
        }
        assert_eq!(fixture.arena.used_bytes(), used);
        assert!(!fixture.arena.alloc(layout(4096, 4096)).is_null());
    }
}

#[test]
fn freed_memory_is_used_again_on_the_general_heap_only() {
    for (heap, is_reused) in [(HeapKind::General, true), (HeapKind::Bump, false)] {
        let mut fixture = begun(heap);
        let block = layout(1000, 8);
        let served = (0..1000).take_while(|_| {
            let start = fixture.arena.alloc(block);
            if !start.is_null() {
                // SAFETY: live, and of this layout.
                unsafe { fixture.arena.dealloc(start, block) };
            }
            !start.is_null()
        });
        assert_eq!(served.count() == 1000, is_reused);
        assert_eq!(fixture.arena.peak_bytes(), if is_reused { 1000 } else { 65_000 });
    }
}
