//! The two cores between which there is something to measure.

use rustix::thread::{CpuSet, sched_setaffinity};
use serde::Serialize;

/// The two cores that the floors are measured between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Cores {
    /// Where the dispatcher runs.
    pub(crate) dispatcher: usize,
    /// Where a worker runs.
    pub(crate) worker: usize,
}

impl Cores {
    /// The cores that a node uses for itself and for a worker. `None` when it has no two: then nothing
    /// can be measured between them.
    #[must_use]
    pub(crate) fn of(dispatcher: Option<u32>, worker: Option<u32>) -> Option<Self> {
        let cores = Self { dispatcher: dispatcher? as usize, worker: worker? as usize };
        (cores.dispatcher != cores.worker).then_some(cores)
    }
}

/// Keeps the calling thread on `cpu`. A refusal is not an error: the figures then say what the
/// scheduler made of it.
pub(crate) fn pin(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu);
    let _ = sched_setaffinity(None, &set);
}

#[cfg(test)]
pub(crate) mod tests {
    use rustix::thread::sched_getaffinity;

    use super::*;

    /// The first two cores that the tests may run on; says so if there are not two.
    pub(crate) fn two_cores() -> Option<Cores> {
        let set = sched_getaffinity(None).unwrap();
        let mut allowed = (0..CpuSet::MAX_CPU as u32).filter(|&cpu| set.is_set(cpu as usize));
        let cores = Cores::of(allowed.next(), allowed.next());
        if cores.is_none() {
            eprintln!("skipped: this process may use one processor only");
        }
        cores
    }

    #[test]
    fn cores_are_two_or_none() {
        assert_eq!(Cores::of(Some(2), Some(3)), Some(Cores { dispatcher: 2, worker: 3 }));
        assert_eq!(Cores::of(Some(2), Some(2)), None);
        assert_eq!(Cores::of(Some(2), None), None);
        assert_eq!(Cores::of(None, None), None);
    }
}
