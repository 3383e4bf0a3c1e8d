//! A row of the table while its contenders take turns.

use super::turn::Turn;
use crate::stats::row::Row;

/// A row that fills up, turn by turn.
pub(super) struct Entry {
    pub(super) turn: Turn,
    pub(super) row: Row,
    pub(super) counted: Counted,
}

/// Invocations of saturated runs, and the time that they took, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    invocations: u64,
    taken_ns: u64,
}

impl Counted {
    pub(super) fn add(&mut self, (invocations, taken_ns): (u64, u64)) {
        self.invocations += invocations;
        self.taken_ns += taken_ns;
    }

    pub(super) fn per_second(self) -> Option<f64> {
        (self.taken_ns > 0).then(|| self.invocations as f64 * 1e9 / self.taken_ns as f64)
    }
}
