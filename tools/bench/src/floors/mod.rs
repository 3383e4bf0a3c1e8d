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
pub(crate) mod cores;
pub(crate) mod page_fault;
pub(crate) mod signal;
mod sys;

use mote_dispatcher::now_ns;
use serde::Serialize;

pub(crate) use self::cores::Cores;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_takes_its_share_of_many() {
        let long = each_of_many(|| std::thread::sleep(std::time::Duration::from_micros(1)));
        let p50_ns = long.percentiles().unwrap().p50_ns;
        assert!((1_000..100_000_000).contains(&p50_ns), "{p50_ns} ns");
    }
}
