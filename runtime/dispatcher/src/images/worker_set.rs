//! A set of worker numbers, a bit each: who has a copy of an image's text. Pure.

use crate::config::MAX_WORKERS;

/// Numbers below [`MAX_WORKERS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorkerSet([u32; MAX_WORKERS.div_ceil(32)]);

impl WorkerSet {
    #[inline]
    pub(crate) fn contains(self, worker: usize) -> bool {
        self.0[worker / 32] >> (worker % 32) & 1 != 0
    }

    #[inline]
    pub(crate) fn insert(&mut self, worker: usize) {
        self.0[worker / 32] |= 1 << (worker % 32);
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        (0..MAX_WORKERS).filter(move |&worker| self.contains(worker))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn set_holds_what_was_inserted(workers in prop::collection::btree_set(0..MAX_WORKERS, 0..200)) {
            let mut set = WorkerSet::default();
            workers.iter().for_each(|&worker| set.insert(worker));
            prop_assert_eq!(set.iter().collect::<BTreeSet<_>>(), workers);
        }
    }
}
