//! One cache line of shared memory as a message: the words first, the stamp last.
//!
//! A ring is an array of lines. The line of sequence number `s` is the one at `s % RING_ENTRIES`, and
//! its stamp becomes `s` when its words are complete, so a consumer polls the line itself and one
//! transfer of one cache line carries both the notice and the message. There are no head and tail:
//! request and completion of `s` use the same index, and the dispatcher publishes `s` only after it
//! has taken the completion of `s - RING_ENTRIES`, which proves both lines free.
//!
//! All accesses are atomic, so a hostile peer can make the words wrong, never the program undefined.

use crate::message::Words;
use crate::sync::{AtomicU64, Ordering};

/// One cache line: a stamp and seven words. Zeroed memory is a line that was never published,
/// because sequence numbers start at 1.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Line {
    stamp: AtomicU64,
    words: [AtomicU64; 7],
}

impl Line {
    /// A line that was never published.
    #[must_use]
    pub fn new() -> Self {
        Self { stamp: AtomicU64::new(0), words: core::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// Makes `words` visible to whoever polls for `stamp`.
    #[inline]
    pub fn publish(&self, stamp: u64, words: Words) {
        for (cell, word) in self.words.iter().zip(words) {
            cell.store(word, Ordering::Relaxed);
        }
        self.stamp.store(stamp, Ordering::Release);
    }

    /// Whether words were published under `stamp`.
    #[inline]
    pub fn is_published(&self, stamp: u64) -> bool {
        self.stamp.load(Ordering::Acquire) == stamp
    }

    /// The words published under `stamp`, or `None` while there are none.
    #[inline]
    pub fn poll(&self, stamp: u64) -> Option<Words> {
        if !self.is_published(stamp) {
            return None;
        }
        Some(core::array::from_fn(|i| self.words[i].load(Ordering::Relaxed)))
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the line of `sequence` lies in a ring of `entries` lines.
#[must_use]
pub const fn index(sequence: u64, entries: usize) -> usize {
    (sequence % entries as u64) as usize
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn line_is_silent_until_its_own_stamp() {
        let line = Line::new();
        assert_eq!(line.poll(1), None);
        line.publish(1, [7; 7]);
        assert_eq!(line.poll(1), Some([7; 7]));
        assert_eq!(line.poll(17), None);
    }

    #[test]
    fn lines_are_used_in_turn() {
        let used = [0, 1, 2, 3, 4, 5, 6].map(|sequence| index(sequence, 3));
        assert_eq!(used, [0, 1, 2, 0, 1, 2, 0]);
    }
}

#[cfg(all(test, loom))]
mod models {
    extern crate std;
    use loom::sync::Arc;
    use std::vec::Vec;

    use super::*;

    /// Two entries, three invocations: the third reuses the first's lines.
    #[test]
    fn request_and_completion_carry_whole_messages_when_lines_are_reused() {
        loom::model(|| {
            let ring = |_| Arc::new((0..2).map(|_| Line::new()).collect::<Vec<_>>());
            let (requests, completions) = (ring(0), ring(1));
            let (worker_requests, worker_completions) = (requests.clone(), completions.clone());
            let worker = loom::thread::spawn(move || {
                for sequence in 1..=3 {
                    let words = wait(&worker_requests, sequence);
                    worker_completions[index(sequence, 2)].publish(sequence, words.map(|w| w + 1));
                }
            });
            for sequence in 1..=2 {
                requests[index(sequence, 2)].publish(sequence, [sequence * 10; 7]);
            }
            assert_eq!(wait(&completions, 1), [11; 7]);
            requests[index(3, 2)].publish(3, [30; 7]);
            assert_eq!(wait(&completions, 2), [21; 7]);
            assert_eq!(wait(&completions, 3), [31; 7]);
            worker.join().unwrap();
        });
    }

    fn wait(ring: &[Line], sequence: u64) -> Words {
        loop {
            if let Some(words) = ring[index(sequence, 2)].poll(sequence) {
                return words;
            }
            loom::thread::yield_now();
        }
    }
}
