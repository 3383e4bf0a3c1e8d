//! What a discard leaves behind: nothing, whatever the invocation did.

use mote_alloc::{HeapKind, KEPT_BYTES, PAGE_BYTES};

use crate::support::{BOTH_HEAPS, Fixture, Release, holds, holds_zeros, layout, region_for, write};

const LIMIT_BYTES: usize = 1 << 20;

/// Takes `count` blocks of `size` bytes, writes them, and checks that all hold what was written.
fn use_blocks(fixture: &mut Fixture, count: usize, size: usize) {
    let take = |seed| {
        let block = fixture.arena.alloc(layout(size, 8));
        assert!(!block.is_null());
        write(block, size, seed as u8);
        (block, seed as u8)
    };
    let blocks: Vec<_> = (0..count).map(take).collect();
    assert!(blocks.into_iter().all(|(block, seed)| holds(block, size, seed)));
}

#[test]
fn region_is_zero_after_discard_below_and_above_the_watermark() {
    let mut fixture = Fixture::new(region_for(LIMIT_BYTES));
    for heap in BOTH_HEAPS {
        for count in [1, 10, 63, 64, 65, 200] {
            fixture.arena.begin(heap, LIMIT_BYTES);
            use_blocks(&mut fixture, count, 4096);
            assert!(!fixture.arena.is_empty());
            fixture.arena.discard();
            assert!(fixture.arena.is_empty());
            assert!(fixture.is_zero(), "{heap:?}, {count} blocks");
        }
    }
}

#[test]
fn region_is_zero_after_discard_when_pages_cannot_be_given_back() {
    let mut fixture = Fixture::with(region_for(LIMIT_BYTES), Release::Refuse);
    for heap in BOTH_HEAPS {
        fixture.arena.begin(heap, LIMIT_BYTES);
        use_blocks(&mut fixture, 200, 4096);
        fixture.arena.discard();
        assert!(fixture.is_zero(), "{heap:?}");
    }
    assert_eq!(fixture.released.borrow().len(), 2);
}

#[test]
fn no_page_is_given_back_when_use_stays_below_the_watermark() {
    let mut fixture = Fixture::new(region_for(LIMIT_BYTES));
    for heap in BOTH_HEAPS {
        fixture.arena.begin(heap, LIMIT_BYTES);
        use_blocks(&mut fixture, 1, KEPT_BYTES - PAGE_BYTES);
        fixture.arena.discard();
    }
    assert!(fixture.released.borrow().is_empty());
}

#[test]
fn only_pages_beyond_the_watermark_are_given_back() {
    let mut fixture = Fixture::new(region_for(LIMIT_BYTES));
    let region = fixture.arena.addresses();
    for heap in BOTH_HEAPS {
        fixture.arena.begin(heap, LIMIT_BYTES);
        use_blocks(&mut fixture, 1, 2 * KEPT_BYTES);
        fixture.arena.discard();
    }
    let [bump, general] = fixture.released.take().try_into().expect("one range for each heap");
    assert_eq!(bump.end, region.end - KEPT_BYTES);
    assert_eq!(bump.len(), KEPT_BYTES + PAGE_BYTES);
    assert_eq!(general.start, region.start + KEPT_BYTES);
    assert_eq!(general.len(), KEPT_BYTES + PAGE_BYTES);
}

#[test]
fn next_invocation_is_right_when_the_whole_region_was_overwritten() {
    let mut fixture = Fixture::new(region_for(LIMIT_BYTES));
    for broken in BOTH_HEAPS {
        for next in BOTH_HEAPS {
            fixture.arena.begin(broken, LIMIT_BYTES);
            use_blocks(&mut fixture, 30, 100);
            fixture.fill_with_garbage();
            fixture.arena.discard();
            assert!(fixture.arena.is_empty());

            fixture.arena.begin(next, LIMIT_BYTES);
            use_blocks(&mut fixture, 300, 1000);
            let zeroed = fixture.arena.alloc_zeroed(layout(100_000, 16));
            assert!(holds_zeros(zeroed, 100_000), "{next:?} after {broken:?}");
            fixture.arena.discard();
        }
    }
}

#[test]
fn next_invocation_is_right_when_the_footer_was_overwritten_by_one_that_took_nothing() {
    let mut fixture = Fixture::new(region_for(LIMIT_BYTES));
    fixture.arena.begin(HeapKind::Bump, LIMIT_BYTES);
    fixture.fill_with_garbage();
    fixture.arena.discard();
    fixture.arena.begin(HeapKind::Bump, LIMIT_BYTES);
    use_blocks(&mut fixture, 300, 1000);
}

#[test]
fn bump_heap_refuses_when_the_footer_would_put_a_block_over_another() {
    let mut fixture = Fixture::new(region_for(LIMIT_BYTES));
    fixture.arena.begin(HeapKind::Bump, LIMIT_BYTES);
    let first = fixture.arena.alloc(layout(256, 16));
    write(first, 256, 9);
    let replaced = fixture.replace_in_footer(first.addr(), first.addr() + 128);
    assert_eq!(replaced, 1, "bumpalo's mark is the last block's address");
    assert!(fixture.arena.alloc(layout(64, 16)).is_null());
    assert_eq!(fixture.arena.used_bytes(), 256);

    fixture.arena.begin(HeapKind::Bump, LIMIT_BYTES);
    assert!(!fixture.arena.alloc(layout(64, 16)).is_null());
}

#[test]
fn begin_discards_what_was_left_from_before() {
    let mut fixture = Fixture::new(region_for(LIMIT_BYTES));
    for (left, heap) in [(HeapKind::Bump, HeapKind::General), (HeapKind::General, HeapKind::Bump)] {
        fixture.arena.begin(left, LIMIT_BYTES);
        use_blocks(&mut fixture, 10, 1000);
        fixture.arena.begin(heap, LIMIT_BYTES);
        assert!(fixture.arena.is_empty());
        assert_eq!(fixture.arena.peak_bytes(), 0);
        assert!(fixture.is_zero());
    }
}
