//! Two sets that a sweep fills: offsets in text, and kinds of instructions.
#![forbid(unsafe_code)]

use alloc::boxed::Box;
use alloc::vec;
use core::ops::Range;

use iced_x86::Code;

/// Bits of a word.
const BITS: usize = 64;

/// Some offsets in text, one bit for each byte of it.
#[derive(Debug)]
pub(super) struct Offsets(Box<[u64]>);

impl Offsets {
    /// None yet of a text of `bytes` bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self(vec![0; bytes.div_ceil(BITS)].into())
    }

    /// Adds `offset`, which is in text.
    pub(super) fn insert(&mut self, offset: u32) {
        self.0[offset as usize / BITS] |= 1 << (offset as usize % BITS);
    }

    /// Whether `offset` was added.
    pub(super) fn contains(&self, offset: u32) -> bool {
        let word = self.0.get(offset as usize / BITS).copied().unwrap_or(0);
        word >> (offset as usize % BITS) & 1 == 1
    }

    /// How many there are in `range`.
    pub(super) fn count(&self, range: Range<u32>) -> usize {
        let end = (range.end as usize).min(self.0.len() * BITS) as u32;
        (range.start..end).filter(|&offset| self.contains(offset)).count()
    }
}

/// The kinds of instructions that were seen: a text has thousands of instructions of some hundred kinds, so
/// kinds are judged once.
#[derive(Debug)]
pub(super) struct SeenCodes(Box<[u64]>);

impl SeenCodes {
    /// None yet.
    pub(super) fn new() -> Self {
        Self(vec![0; Code::values().len().div_ceil(BITS)].into())
    }

    /// Adds `code`; whether it is new.
    pub(super) fn insert(&mut self, code: Code) -> bool {
        let (word, bit) = (&mut self.0[code as usize / BITS], 1 << (code as usize % BITS));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}
