//! The chunk source, and the mistakes that making an arena finds.

use std::alloc::GlobalAlloc;

use mote_alloc::{ArenaError, ChunkSource, HeapKind, PAGE_BYTES};

use crate::support::{Fixture, arena_over, layout, map, no_pages, region_for, route};

fn fresh() -> &'static ChunkSource {
    Box::leak(Box::new(ChunkSource::new()))
}

/// Whether `source` gives anything to one who asks now.
fn gives(source: &ChunkSource) -> bool {
    // SAFETY: the layout is not empty.
    !unsafe { source.alloc(layout(16, 16)) }.is_null()
}

#[test]
fn source_gives_to_nobody_but_an_arena_that_asks() {
    let source = fresh();
    assert!(!gives(source));
    let base = map(4 * PAGE_BYTES);
    let start = base.addr().get();
    route(source, start..start + 4 * PAGE_BYTES);
    let mut arena = arena_over(base, 4 * PAGE_BYTES, source, no_pages()).expect("an arena");
    assert!(!gives(source));
    arena.begin(HeapKind::Bump, PAGE_BYTES);
    assert!(!arena.alloc(layout(100, 4)).is_null());
    assert!(!gives(source));
    arena.discard();
    assert!(!gives(source));
}

#[test]
fn arena_is_refused_when_its_source_is_not_the_global_allocator() {
    let source = fresh();
    let refused = arena_over(map(4 * PAGE_BYTES), 4 * PAGE_BYTES, source, no_pages());
    let bytes = 4 * PAGE_BYTES - 64;
    assert_eq!(refused.expect_err("not routed"), ArenaError::SourceNotAsked { bytes });
    assert!(!gives(source));
}

#[test]
fn bumpalo_takes_the_whole_region_whatever_its_length() {
    for pages in [2, 3, 4, 5, 16, 17, 1000] {
        let mut fixture = Fixture::new(pages * PAGE_BYTES);
        let all = pages * PAGE_BYTES - 64;
        fixture.arena.begin(HeapKind::Bump, all);
        assert_eq!(fixture.arena.limit_bytes(), all);
        let block = fixture.arena.alloc(layout(all, 16));
        assert_eq!(block.addr(), fixture.arena.addresses().start);
        fixture.arena.discard();
    }
}

#[test]
fn region_for_a_limit_serves_that_limit() {
    for limit in [1, 4095, 4096, 4097, 1 << 20] {
        for heap in crate::support::BOTH_HEAPS {
            let mut fixture = Fixture::new(region_for(limit));
            fixture.arena.begin(heap, limit);
            assert_eq!(fixture.arena.limit_bytes(), limit);
            assert!(!fixture.arena.alloc(layout(limit, 1)).is_null(), "{heap:?}, {limit}");
        }
    }
}

#[test]
fn arena_is_refused_over_a_region_that_is_not_whole_pages() {
    let base = map(8 * PAGE_BYTES);
    // SAFETY: within the mapping.
    let off_page = unsafe { base.add(16) };
    let unaligned = arena_over(off_page, 4 * PAGE_BYTES, fresh(), no_pages());
    let address = off_page.addr().get();
    assert_eq!(unaligned.expect_err("unaligned"), ArenaError::Unaligned { address });
    for bytes in [0, PAGE_BYTES, 2 * PAGE_BYTES + 16] {
        let refused = arena_over(base, bytes, fresh(), no_pages()).expect_err("bad length");
        assert_eq!(refused, ArenaError::Length { bytes });
    }
}

#[test]
fn arenas_that_share_a_source_keep_to_their_own_regions() {
    let source = fresh();
    let bytes = 4 * PAGE_BYTES;
    let base = map(2 * bytes);
    let start = base.addr().get();
    route(source, start..start + 2 * bytes);
    // SAFETY: within the mapping.
    let second = unsafe { base.add(bytes) };
    let mut arenas =
        [base, second].map(|base| arena_over(base, bytes, source, no_pages()).expect("an arena"));
    let blocks = arenas.each_mut().map(|arena| {
        arena.begin(HeapKind::Bump, PAGE_BYTES);
        arena.alloc(layout(64, 8)).addr()
    });
    assert!(
        arenas[0].addresses().contains(&blocks[0]) && arenas[1].addresses().contains(&blocks[1])
    );
    arenas[0].discard();
    assert_eq!(arenas[1].used_bytes(), 64, "discarding one left the other alone");
    arenas[0].begin(HeapKind::Bump, PAGE_BYTES);
    assert_eq!(arenas[0].alloc(layout(64, 8)).addr(), blocks[0]);
}
