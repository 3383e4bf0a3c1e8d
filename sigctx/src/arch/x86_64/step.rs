//! Single-stepping: which traps are injection points, and what the trap flag leaves behind.
//!
//! With the trap flag set, the processor traps after each instruction (Intel SDM 3B, 17.3.1.4). Three
//! instructions are special:
//! - a `rep` instruction traps after each iteration, with rip unchanged: [`Steps`] counts an instruction
//!   that traps again, and lets through iterations 0, 1, 2, 4, 8 and so on;
//! - `pushf` stores the trap flag on the stack, from where a later `popf` would load it:
//!   [`is_pushf`] tells, and the caller clears the bit in the pushed image;
//! - a load of SS (`mov ss`, `pop ss`) suppresses the trap behind it, and so does `popf` for the flag
//!   that it loads: the next instruction's trap comes as ever, because the flag is set again in every
//!   handler. No such load is in reach of safe code; one would only skip an injection point.
//!
//! Everything here is pure. The handler that uses it sets the flag with
//! [`Context::set_stepping`](super::Context::set_stepping).
#![forbid(unsafe_code)]

/// Which instructions are injection points, of those in reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The first, counted from 0.
    pub first: u64,
    /// One past the last.
    pub end: u64,
    /// Only every one of so many, at least 1.
    pub every: u64,
}

impl Selection {
    /// Whether instruction `number` is one.
    #[must_use]
    pub const fn has(&self, number: u64) -> bool {
        number >= self.first
            && number < self.end
            && (number - self.first).is_multiple_of(if self.every == 0 { 1 } else { self.every })
    }
}

/// Counts the instructions of a stepped run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    last_rip: u64,
    repeats: u64,
    counted: u64,
}

impl Steps {
    /// Nothing was seen yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { last_rip: 0, repeats: 0, counted: 0 }
    }

    /// How many instructions were counted.
    #[must_use]
    pub const fn counted(&self) -> u64 {
        self.counted
    }

    /// Where the last trap was, which is the instruction that ran since; 0 before the first.
    #[must_use]
    pub const fn last_rip(&self) -> u64 {
        self.last_rip
    }

    /// The trap before the instruction at `rip`. Its number, if it is in reach and is counted: an
    /// instruction that traps again counts only when the number of its iterations doubles.
    #[must_use]
    pub const fn at(&mut self, rip: u64, is_in_reach: bool) -> Option<u64> {
        self.repeats = if rip == self.last_rip { self.repeats + 1 } else { 0 };
        self.last_rip = rip;
        let is_counted = is_in_reach && (self.repeats == 0 || self.repeats.is_power_of_two());
        if !is_counted {
            return None;
        }
        self.counted += 1;
        Some(self.counted - 1)
    }
}

/// Whether `instruction`, the first bytes of one, is `pushf` in any of its sizes: then the trap flag
/// was just pushed.
#[must_use]
pub const fn is_pushf(instruction: [u8; 2]) -> bool {
    matches!(instruction, [0x9c, _] | [0x66 | 0x48, 0x9c])
}

/// How far into its cleanup the injection with this `number` gets its second preemption: spread over
/// `first..end` so that neighbours get different distances, the same in every run.
#[must_use]
pub const fn second_distance(number: u64, first: u32, end: u32) -> Option<u32> {
    if first == 0 {
        return None;
    }
    let span = if end > first { (end - first) as u64 } else { 1 };
    // Fibonacci hashing: Knuth, The Art of Computer Programming 3, 6.4.
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
    Some(first + (spread % span) as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn repeated_instruction_is_thinned_and_the_next_is_not() {
        let mut steps = Steps::new();
        let counted: usize = (0..=100).filter_map(|_| steps.at(0x10, true)).count();
        assert_eq!(counted, 1 + 7, "iterations 0, 1, 2, 4, 8, 16, 32, 64");
        assert_eq!(steps.at(0x12, true), Some(8));
        assert_eq!(steps.at(0x10, true), Some(9), "a second visit is not a repetition");
    }

    #[test]
    fn instruction_out_of_reach_has_no_number() {
        let mut steps = Steps::new();
        assert_eq!(steps.at(0x10, false), None);
        assert_eq!(steps.at(0x20, true), Some(0));
        assert_eq!(steps.at(0x30, true), Some(1));
        assert_eq!((steps.counted(), steps.last_rip()), (2, 0x30));
    }

    #[test]
    fn selection_begins_with_its_first() {
        let selection = Selection { first: 5, end: 12, every: 3 };
        let selected: [bool; 14] = core::array::from_fn(|number| selection.has(number as u64));
        assert_eq!(selected.iter().filter(|&&is| is).count(), 3);
        assert!(selected[5] && selected[8] && selected[11]);
        assert!(!Selection { first: 5, end: 11, every: 3 }.has(11), "the end is not one of them");
    }

    #[test]
    fn pushf_is_told_from_its_neighbours() {
        assert!(is_pushf([0x9c, 0x5a]) && is_pushf([0x66, 0x9c]) && is_pushf([0x48, 0x9c]));
        assert!(!is_pushf([0x9d, 0x9c]) && !is_pushf([0x90, 0x9c]));
    }

    #[test]
    fn neighbours_get_distances_all_over_the_range() {
        let mut hits = [0_u32; 10];
        for number in 0..1000 {
            hits[second_distance(number, 1, 11).unwrap() as usize - 1] += 1;
        }
        assert!(hits.iter().all(|&hits| (50..200).contains(&hits)), "{hits:?}");
        assert_eq!(second_distance(7, 5, 5), Some(5), "an empty range is one step");
    }

    proptest! {
        #[test]
        fn second_distance_stays_in_its_range(number: u64, first in 1u32..1000, span in 1u32..1000) {
            let distance = second_distance(number, first, first + span).unwrap();
            prop_assert!((first..first + span).contains(&distance));
            prop_assert_eq!(second_distance(number, 0, span), None);
        }
    }
}
