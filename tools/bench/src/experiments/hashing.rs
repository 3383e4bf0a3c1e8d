//! What a hashing loop did, round by round: SHA-512 over 64-byte inputs at a 16-byte stride in a large
//! buffer, the load of the paper's Figure 2. Pure.

use crate::format::units::grouped;
use crate::stats::latency::Times;
use crate::stats::row::Row;

/// One sample is how long so many take.
const HASHES_PER_SAMPLE: u64 = 1_000;

/// Hashes, and the time that they took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hashed {
    pub(crate) hashes: u64,
    pub(crate) taken_ns: u64,
}

/// All that one loop did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hashing {
    times: Times,
    sum: Hashed,
}

impl Hashing {
    /// A loop so disturbed that nothing was hashed has one hash in all that time.
    pub(crate) fn add(&mut self, hashed: Hashed) {
        self.times.add(hashed.taken_ns * HASHES_PER_SAMPLE / hashed.hashes.max(1));
        self.sum.hashes += hashed.hashes;
        self.sum.taken_ns += hashed.taken_ns;
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.sum.hashes as f64 * 1e9 / self.sum.taken_ns.max(1) as f64
    }

    /// The loop as a row; `who` is whose loop it is.
    pub(crate) fn row(self, name: impl Into<String>, who: &str) -> Row {
        let mut row = Row::new(name, format!("{} hashes, {who}", grouped(HASHES_PER_SAMPLE)));
        row.per_second = Some(self.per_second());
        row.times = self.times;
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_that_of_all_rounds_and_each_round_is_a_sample() {
        let mut hashing = Hashing::default();
        hashing.add(Hashed { hashes: 1_500, taken_ns: 3_000_000 });
        hashing.add(Hashed { hashes: 500, taken_ns: 1_000_000 });
        assert_eq!(hashing.per_second(), 500_000.0);
        let row = hashing.row("hashing_x", "x");
        assert_eq!((row.times.count(), row.per_second), (2, Some(500_000.0)));
    }
}
