//! Zeroing what was used of a stack: from its top down, block by block, to where nothing was ever used.
//!
//! How far that is nobody counts; [`mote_abi::stack`] says how it is found. A block that is zeros already is not
//! written, so that a small service pays for what it used and one look below.

use core::hint::black_box;
use core::ops::Range;

use mote_abi::stack::STACK_BLOCK_BYTES;
use mote_sigctx::arch::Crossing;

use crate::sys::blocks::{Block, is_zero, is_zero_wide, zero, zero_wide};

/// What ways back from a service may use of the host's stack, in bytes: the text of a panic and a page.
const HOST_BYTES: usize = 8192;

/// What the calls of a service that returns use of the host's stack, in bytes: more than was found of any.
const CALL_BYTES: usize = 1024;

/// The stack of signal handlers.
#[derive(Clone, Debug)]
pub struct AlternateStack {
    /// Where it is.
    pub stack: Range<u64>,
    /// What a signal's frame may have of zeros, in blocks.
    pub gap_blocks: u16,
}

/// Zeroes the part of the host's stack below the caller's frame.
#[inline(never)]
pub(super) fn scrub_host_stack() {
    forget(&mut [0; HOST_BYTES]);
}

/// Zeroes what host calls left there.
#[inline(never)]
pub(super) fn scrub_host_calls() {
    forget(&mut [0; CALL_BYTES]);
}

/// Makes `bytes`, which nobody will read any more, zeros all the same.
pub fn forget(bytes: &mut [u8]) {
    bytes.fill(0);
    black_box(bytes);
}

/// Zeroes what was used of `stack`, whose code leaves fewer than `gap_blocks` blocks of zeros between two words.
///
/// # Safety
/// The stack is mapped, writable and whole pages, and nobody uses it.
#[inline]
pub(super) unsafe fn scrub_stack(stack: Range<u64>, gap_blocks: u16) {
    if Crossing::get().has_avx() {
        // SAFETY: the processor has these registers; the rest is the caller's promise.
        unsafe { scrub_wide(stack, gap_blocks) }
    } else {
        // SAFETY: the caller's promise.
        unsafe { scrub(stack, gap_blocks) }
    }
}

/// # Safety
/// As [`scrub_stack`].
#[target_feature(enable = "avx")]
unsafe fn scrub_wide(stack: Range<u64>, gap_blocks: u16) {
    let mut left = gap_blocks;
    let mut at = stack.end;
    while left > 0 && at > stack.start {
        at -= STACK_BLOCK_BYTES as u64;
        // SAFETY: whole blocks lie above the start, in memory that is the caller's alone.
        let block = unsafe { &mut *(at as *mut Block) };
        left = if is_zero_wide(block) {
            left - 1
        } else {
            zero_wide(block);
            gap_blocks
        };
    }
}

/// # Safety
/// As [`scrub_stack`].
unsafe fn scrub(stack: Range<u64>, gap_blocks: u16) {
    let mut left = gap_blocks;
    let mut at = stack.end;
    while left > 0 && at > stack.start {
        at -= STACK_BLOCK_BYTES as u64;
        // SAFETY: as in `scrub_wide`.
        let block = unsafe { &mut *(at as *mut Block) };
        left = if is_zero(block) {
            left - 1
        } else {
            zero(block);
            gap_blocks
        };
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    const WORDS: usize = 64 << 7;

    /// Scrubs a stack with these words set.
    fn scrubbed(used: impl IntoIterator<Item = usize>, gap_blocks: u16) -> Vec<u64> {
        let mut words = std::vec![0; WORDS];
        used.into_iter().for_each(|word| words[word] = 0x5ec2);
        let range = words.as_mut_ptr_range();
        // SAFETY: the vector is this function's.
        unsafe { scrub(range.start as u64..range.end as u64, gap_blocks) };
        let mut wide = std::vec![7; WORDS];
        let range = wide.as_mut_ptr_range();
        if std::is_x86_feature_detected!("avx") {
            // SAFETY: as above, and there are such registers.
            unsafe { scrub_wide(range.start as u64..range.end as u64, 1) };
            assert!(wide.iter().all(|&word| word == 0));
        }
        words
    }

    #[test]
    fn scrub_ends_at_the_stacks_start() {
        assert!(scrubbed(0..WORDS, u16::MAX).iter().all(|&word| word == 0));
        assert!(scrubbed([0], u16::MAX).iter().all(|&word| word == 0));
        assert!(scrubbed([], 1).iter().all(|&word| word == 0));
    }

    #[test]
    fn what_lies_below_a_longer_gap_than_any_frame_is_not_looked_for() {
        let words_of = |blocks: usize| blocks * STACK_BLOCK_BYTES / 8;
        let below = WORDS - 1 - words_of(3);
        assert_eq!(scrubbed([below], 3)[below], 0x5ec2);
        assert_eq!(scrubbed([below], 4)[below], 0);
    }

    proptest! {
        #[test]
        fn nothing_is_left_of_frames(frames in prop::collection::vec(0_u32..3_000, 0..20)) {
            let longest = frames.iter().copied().max().unwrap_or(0);
            let mut at = WORDS;
            let used: Vec<usize> = frames.iter().map_while(|&bytes| {
                at = at.checked_sub(1 + (bytes as usize + 191) / 8)?;
                Some(at)
            }).collect();
            let left = scrubbed(used, mote_abi::stack::gap_blocks(longest));
            prop_assert!(left.iter().all(|&word| word == 0));
        }
    }
}
