//! Many times of one kind, and their percentiles.

use hdrhistogram::Histogram;
use serde::Serialize;

/// Times of one kind, in nanoseconds, kept to three significant digits.
#[derive(Clone, Debug)]
pub struct Times(Histogram<u64>);

impl Times {
    /// The longest time that is told apart: one minute. Longer ones count as this.
    const LONGEST_NS: u64 = 60_000_000_000;

    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        let bounds = Histogram::new_with_bounds(1, Self::LONGEST_NS, 3);
        Self(bounds.expect("constant bounds are valid: 1 < longest, 3 digits of at most 5"))
    }

    /// Counts one time, in nanoseconds.
    pub fn add(&mut self, time_ns: u64) {
        self.0.saturating_record(time_ns);
    }

    /// Adds the times of `other`.
    pub fn merge(&mut self, other: &Self) {
        // Both have the same bounds and precision.
        let _merged = self.0.add(&other.0);
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The time that this share of all took at most, in nanoseconds; 0 if there are none.
    #[must_use]
    pub fn quantile_ns(&self, quantile: f64) -> u64 {
        self.0.value_at_quantile(quantile)
    }

    /// The longest, in nanoseconds; 0 if there are none.
    #[must_use]
    pub fn max_ns(&self) -> u64 {
        self.0.max()
    }

    /// The percentiles that this many times can tell; `None` if there are no times.
    #[must_use]
    pub fn percentiles(&self) -> Option<Percentiles> {
        let count = self.count();
        let at = |quantile| self.0.value_at_quantile(quantile);
        (count > 0).then(|| Percentiles {
            samples: count,
            p50_ns: at(0.5),
            p90_ns: (count >= 10).then(|| at(0.9)),
            p99_ns: (count >= 100).then(|| at(0.99)),
            p999_ns: (count >= 1000).then(|| at(0.999)),
            max_ns: self.0.max(),
        })
    }
}

impl Default for Times {
    fn default() -> Self {
        Self::new()
    }
}

impl Extend<u64> for Times {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, times_ns: I) {
        times_ns.into_iter().for_each(|time_ns| self.add(time_ns));
    }
}

impl FromIterator<u64> for Times {
    fn from_iter<I: IntoIterator<Item = u64>>(times_ns: I) -> Self {
        let mut times = Self::new();
        times.extend(times_ns);
        times
    }
}

/// What a set of times looks like. A percentile needs one sample beyond it: with fewer than 100
/// samples there is no p99, with fewer than 1,000 no p99.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// How many times were measured.
    pub samples: u64,
    /// Half of them took at most this, in nanoseconds.
    pub p50_ns: u64,
    /// Nine of ten took at most this, in nanoseconds.
    pub p90_ns: Option<u64>,
    /// 99 of 100 took at most this, in nanoseconds.
    pub p99_ns: Option<u64>,
    /// 999 of 1,000 took at most this, in nanoseconds.
    pub p999_ns: Option<u64>,
    /// The longest, in nanoseconds.
    pub max_ns: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_a_known_set() {
        let found = (1..=1000).collect::<Times>().percentiles().unwrap();
        let expected = Percentiles {
            samples: 1000,
            p50_ns: 500,
            p90_ns: Some(900),
            p99_ns: Some(990),
            p999_ns: Some(999),
            max_ns: 1000,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn percentiles_are_absent_without_a_sample_beyond_them() {
        let found = (1..=99).collect::<Times>().percentiles().unwrap();
        assert!(found.p90_ns.is_some());
        assert_eq!((found.p99_ns, found.p999_ns), (None, None));
        assert_eq!(Times::new().percentiles(), None);
    }

    #[test]
    fn time_beyond_the_longest_is_still_counted() {
        let times: Times = [u64::MAX, 0].into_iter().collect();
        assert_eq!(times.count(), 2);
    }
}
