//! What this machine itself takes for the steps that Mote is made of, measured in the same run as
//! the figures that stand beside it.
//!
//! | floor | how it is measured | what it bounds |
//! | --- | --- | --- |
//! | cache line, one way | two threads on the dispatcher's and a worker's core pass one line to and fro; half the round trip | warm latency |
//! | signal to handler | one stamps and queues a signal to a thread that spins on the worker's core; its handler takes the clock | lateness of a kill |
//! | system call | `getppid` | what one system call on the path would cost |
//! | page fault | the first write into each page of fresh memory | what memory that is not there yet costs |
//! | clock | `clock_gettime` through the vDSO | every time here holds one or two readings |

pub(crate) mod cache_line;
pub(crate) mod page_fault;
pub(crate) mod signal;
mod sys;

use mote_dispatcher::now_ns;
use rustix::thread::{CpuSet, sched_setaffinity};
use serde::Serialize;

use crate::stats::latency::{Percentiles, Times};

/// The floors of this machine, between two of its cores.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Floors {
    /// A cache line's way from one core to the other; `None` with a single core.
    pub(crate) cache_line_one_way: Option<Percentiles>,
    /// From the stamp before queueing a signal to its handler on the other core; `None` with a
    /// single core.
    pub(crate) signal_to_handler: Option<Percentiles>,
    /// One `getppid`.
    pub(crate) system_call: Option<Percentiles>,
    /// One reading of CLOCK_MONOTONIC.
    pub(crate) clock_reading: Option<Percentiles>,
}

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

/// Measures all floors; a fraction of a second. Workers should be idle meanwhile.
#[must_use]
pub(crate) fn measure(cores: Option<Cores>) -> Floors {
    Floors {
        cache_line_one_way: cores.and_then(|cores| cache_line::one_way(cores).percentiles()),
        signal_to_handler: cores.and_then(|cores| signal::to_handler(cores).percentiles()),
        system_call: each_of_many(rustix::process::getppid).percentiles(),
        clock_reading: each_of_many(now_ns).percentiles(),
    }
}

/// Times of one call, each the mean of a few so that reading the clock hardly counts.
fn each_of_many<T>(call: impl Fn() -> T) -> Times {
    const SAMPLES: usize = 2_000;
    const CALLS: u64 = 16;
    let sample = |_| {
        let start_ns = now_ns();
        for _ in 0..CALLS {
            std::hint::black_box(call());
        }
        (now_ns() - start_ns) / CALLS
    };
    (0..SAMPLES).map(sample).collect()
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
    fn one_call_takes_its_share_of_many() {
        let long = each_of_many(|| std::thread::sleep(std::time::Duration::from_micros(1)));
        let p50_ns = long.percentiles().unwrap().p50_ns;
        assert!((1_000..100_000_000).contains(&p50_ns), "{p50_ns} ns");
    }

    #[test]
    fn cores_are_two_or_none() {
        assert_eq!(Cores::of(Some(2), Some(3)), Some(Cores { dispatcher: 2, worker: 3 }));
        assert_eq!(Cores::of(Some(2), Some(2)), None);
        assert_eq!(Cores::of(Some(2), None), None);
        assert_eq!(Cores::of(None, None), None);
    }
}
