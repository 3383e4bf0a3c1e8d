//! A histogram of durations with fixed buckets, as Prometheus wants it.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of the buckets, in nanoseconds; the last bucket has none.
pub(crate) const BOUNDS_NS: [u64; 19] = [
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
];

/// Counts of durations.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; BOUNDS_NS.len() + 1],
    sum_ns: AtomicU64,
}

impl Histogram {
    pub(crate) fn add(&self, ns: u64) {
        let bucket = BOUNDS_NS.partition_point(|&bound_ns| bound_ns < ns);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_ns.fetch_add(ns, Ordering::Relaxed);
    }

    /// How many durations were at most as long as each bound, and how many there were at all.
    pub(crate) fn cumulated(&self) -> [u64; BOUNDS_NS.len() + 1] {
        let mut sum = 0;
        self.buckets.each_ref().map(|bucket| {
            sum += bucket.load(Ordering::Relaxed);
            sum
        })
    }

    pub(crate) fn sum_ns(&self) -> u64 {
        self.sum_ns.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_their_bucket() {
        let histogram = Histogram::default();
        for ns in [0, 1_000, 1_001, 2_000_000_000] {
            histogram.add(ns);
        }
        let cumulated = histogram.cumulated();
        assert_eq!((cumulated[0], cumulated[1]), (2, 3));
        assert_eq!((cumulated[18], cumulated[19]), (3, 4));
        assert_eq!(histogram.sum_ns(), 2_000_002_001);
    }
}
