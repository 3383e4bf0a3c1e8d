//! Random lives of an arena against a model that knows every live block.

use std::alloc::Layout;
use std::cell::RefCell;

use mote_alloc::HeapKind;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};

use crate::support::{FOOTER_BYTES, Fixture, holds, holds_zeros, layout, region_for, write};

/// The largest limit that a step begins with, beyond the watermark of either heap.
const MOST_BYTES: usize = 1 << 20;

#[derive(Clone, Debug)]
enum Step {
    Alloc { size: usize, shift: u32, is_zeroed: bool },
    Dealloc { which: usize },
    Discard { limit: usize },
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0..300_usize, 3 => 0..20_000_usize, 1 => 0..400_000_usize]
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0..1000_usize;
    prop_oneof![
        10 => (size(), prop_oneof![8 => 0..5_u32, 1 => 5..14_u32], any::<bool>())
            .prop_map(|(size, shift, is_zeroed)| Step::Alloc { size, shift, is_zeroed }),
        5 => which.prop_map(|which| Step::Dealloc { which }),
        1 => (0..MOST_BYTES).prop_map(|limit| Step::Discard { limit }),
    ]
}

struct Block {
    start: *mut u8,
    layout: Layout,
    seed: u8,
}

/// The arena under test, and what it must say of itself.
struct Model<'a> {
    fixture: &'a mut Fixture,
    heap: HeapKind,
    limit: usize,
    blocks: Vec<Block>,
    lowest: usize,
    peak: usize,
    seed: u8,
}

impl<'a> Model<'a> {
    fn begin(fixture: &'a mut Fixture, heap: HeapKind, limit: usize) -> Self {
        fixture.arena.begin(heap, limit);
        let lowest = fixture.arena.addresses().end - FOOTER_BYTES;
        Self { fixture, heap, limit, blocks: Vec::new(), lowest, peak: 0, seed: 0 }
    }

    fn apply(&mut self, step: &Step) -> TestCaseResult {
        match *step {
            Step::Alloc { size, shift, is_zeroed } => {
                self.alloc(layout(size, 1 << shift), is_zeroed)
            }
            Step::Dealloc { which } if !self.blocks.is_empty() => {
                self.dealloc(which % self.blocks.len())
            }
            Step::Discard { limit } => self.discard(limit),
            Step::Dealloc { .. } => Ok(()),
        }?;
        self.check_numbers()
    }

    fn alloc(&mut self, layout: Layout, is_zeroed: bool) -> TestCaseResult {
        let arena = &mut self.fixture.arena;
        let start = if is_zeroed { arena.alloc_zeroed(layout) } else { arena.alloc(layout) };
        if start.is_null() {
            return self.check_refusal(layout.size(), layout.align());
        }
        prop_assert!(!is_zeroed || holds_zeros(start, layout.size()));
        self.adopt(start, layout)
    }

    fn dealloc(&mut self, index: usize) -> TestCaseResult {
        let block = self.blocks.swap_remove(index);
        prop_assert!(holds(block.start, block.layout.size(), block.seed));
        // SAFETY: the block is live, as it was in the list, and of this layout.
        unsafe { self.fixture.arena.dealloc(block.start, block.layout) };
        Ok(())
    }

    fn discard(&mut self, limit: usize) -> TestCaseResult {
        for block in self.blocks.drain(..) {
            prop_assert!(holds(block.start, block.layout.size(), block.seed));
        }
        self.fixture.arena.discard();
        prop_assert!(self.fixture.arena.is_empty());
        prop_assert_eq!(self.fixture.arena.limit_bytes(), 0);
        prop_assert!(self.fixture.is_zero());
        self.fixture.arena.begin(self.heap, limit);
        self.limit = limit;
        self.lowest = self.fixture.arena.addresses().end - FOOTER_BYTES;
        self.peak = 0;
        Ok(())
    }

    /// Takes a new block in, after checking that it is where it may be.
    fn adopt(&mut self, start: *mut u8, layout: Layout) -> TestCaseResult {
        prop_assert!(start.addr().is_multiple_of(layout.align()));
        if layout.size() > 0 {
            let (from, to) = (start.addr(), start.addr() + layout.size());
            let region = self.fixture.arena.addresses();
            prop_assert!(from >= region.start && to <= region.end - FOOTER_BYTES);
            for other in self.blocks.iter().filter(|block| block.layout.size() > 0) {
                let other_from = other.start.addr();
                prop_assert!(to <= other_from || other_from + other.layout.size() <= from);
            }
            self.lowest = self.lowest.min(from);
        }
        self.seed = self.seed.wrapping_add(37);
        write(start, layout.size(), self.seed);
        self.blocks.push(Block { start, layout, seed: self.seed });
        Ok(())
    }

    /// A refusal is right if the block does not fit, and allowed on the general heap if that heap may
    /// be fragmented: it must serve what leaves half of the limit free.
    fn check_refusal(&self, size: usize, align: usize) -> TestCaseResult {
        let used = self.fixture.arena.used_bytes();
        match self.heap {
            HeapKind::Bump => prop_assert!(used + size + 2 * (align - 1) > self.limit),
            HeapKind::General => prop_assert!(used + size + align > self.limit / 2),
        }
        Ok(())
    }

    fn live_bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.layout.size()).sum()
    }

    fn check_numbers(&mut self) -> TestCaseResult {
        let (arena, live) = (&self.fixture.arena, self.live_bytes());
        let used = match self.heap {
            HeapKind::Bump => arena.addresses().end - FOOTER_BYTES - self.lowest,
            HeapKind::General => live,
        };
        self.peak = self.peak.max(used);
        prop_assert_eq!(arena.used_bytes(), used);
        prop_assert_eq!(arena.peak_bytes(), self.peak);
        prop_assert_eq!(arena.limit_bytes(), self.limit);
        prop_assert!(live <= used && used <= self.limit);
        Ok(())
    }
}

/// One arena for all cases: each leaves it as it found it.
fn check_lives(heap: HeapKind) {
    let fixture = RefCell::new(Fixture::new(region_for(MOST_BYTES)));
    let lives = (0..MOST_BYTES, prop::collection::vec(step(), 0..120));
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let result = runner.run(&lives, |(limit, steps)| {
        let mut fixture = fixture.borrow_mut();
        let mut model = Model::begin(&mut fixture, heap, limit);
        steps.iter().try_for_each(|step| model.apply(step))?;
        model.discard(0)
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn bump_heap_agrees_with_model_in_random_lives() {
    check_lives(HeapKind::Bump);
}

#[test]
fn general_heap_agrees_with_model_in_random_lives() {
    check_lives(HeapKind::General);
}
