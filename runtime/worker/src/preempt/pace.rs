//! How often a repeating timer expires: at its period, unless that is too much for this machine.
//!
//! A timer that expires again before the handler of its last signal is over leaves no time for anything
//! else. The kernel tells: it counts the expiries that came while a signal was waiting (timer_getoverrun(2)). A
//! few of them in a row double the period, and once it suffices, it is doubled once more, so that handlers take
//! half of the time at most. Many signals in time halve it again. A single overrun says only that the worker was
//! not running for a while.

/// So many signals in a row say that the period is too short, or that it suffices.
const SURE: u16 = 4;

/// So many in a row without an overrun halve it.
const FAST_ENOUGH: u16 = 256;

/// The period, and what speaks for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    doublings: u16,
    overrun: u16,
    in_time: u16,
    /// Whether it is doubled once more when it suffices.
    needs_margin: bool,
}

/// The most that a period is doubled: 10 µs become 10 ms.
const MOST_DOUBLINGS: u16 = 10;

impl Pace {
    /// As often as was asked for.
    #[must_use]
    pub const fn new() -> Self {
        Self { doublings: 0, overrun: 0, in_time: 0, needs_margin: false }
    }

    /// The period, of which `asked_ns` was asked for.
    #[must_use]
    pub const fn period_ns(&self, asked_ns: u64) -> u64 {
        asked_ns.saturating_mul(1 << self.doublings)
    }

    /// As a word.
    #[must_use]
    pub const fn to_word(self) -> u64 {
        let (overrun, in_time) = ((self.overrun as u64) << 16, (self.in_time as u64) << 32);
        self.doublings as u64 | overrun | in_time | (self.needs_margin as u64) << 48
    }

    /// From a word.
    #[must_use]
    pub const fn from_word(word: u64) -> Self {
        let (doublings, overrun, in_time) = (word as u16, (word >> 16) as u16, (word >> 32) as u16);
        Self { doublings, overrun, in_time, needs_margin: word >> 48 != 0 }
    }

    /// A signal came, and so many expiries were counted while it waited. Whether the period is another now.
    #[must_use]
    pub const fn note(&mut self, overruns: u32) -> bool {
        if overruns > 0 {
            (self.overrun, self.in_time) = (self.overrun.saturating_add(1), 0);
        } else {
            (self.overrun, self.in_time) = (0, self.in_time.saturating_add(1));
        }
        let is_too_fast = self.overrun >= SURE;
        let is_slower = is_too_fast || (self.needs_margin && self.in_time >= SURE);
        if is_slower && self.doublings < MOST_DOUBLINGS {
            *self =
                Self { doublings: self.doublings + 1, needs_margin: is_too_fast, ..Self::new() };
            return true;
        }
        if self.in_time >= FAST_ENOUGH && self.doublings > 0 {
            *self = Self { doublings: self.doublings - 1, ..Self::new() };
            return true;
        }
        false
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_overruns_change_nothing() {
        let mut pace = Pace::new();
        for _ in 0..100 {
            assert!(!pace.note(9) && !pace.note(0));
        }
        assert_eq!(pace.period_ns(10), 10);
    }

    #[test]
    fn period_doubles_until_the_handler_keeps_up() {
        let (mut pace, cost_ns) = (Pace::new(), 75_000);
        for _ in 0..100 {
            let period_ns = pace.period_ns(10_000);
            let _changed = pace.note((cost_ns / period_ns) as u32);
        }
        assert_eq!(pace.period_ns(10_000), 160_000, "half of the time is left for others");
    }

    #[test]
    fn word_holds_all_of_it() {
        let pace = Pace { doublings: 3, overrun: 500, in_time: u16::MAX, needs_margin: true };
        assert_eq!(Pace::from_word(pace.to_word()), pace);
        assert_eq!(Pace::from_word(0), Pace::new());
    }

    #[test]
    fn period_is_bounded_and_comes_back() {
        let mut pace = Pace::new();
        (0..1_000_000).for_each(|_| _ = pace.note(1));
        assert_eq!(pace.period_ns(10), 10 << MOST_DOUBLINGS);
        (0..1_000_000).for_each(|_| _ = pace.note(0));
        assert_eq!(pace.period_ns(10), 10);
    }
}
