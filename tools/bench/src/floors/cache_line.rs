//! How long a cache line takes from one core to another.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use mote_dispatcher::now_ns;

use super::cores::{Cores, pin};
use crate::stats::latency::Times;

const SAMPLES: u64 = 5_000;
/// Round trips in one sample, so that reading the clock hardly counts.
const ROUNDS: u64 = 8;
/// Samples before those that count: the line and the cores warm up.
const WARM_UP: u64 = 500;
/// Where two threads cannot be on two cores at once, each way takes a time slice: give up by then.
const LONGEST_NS: u64 = 2_000_000_000;
/// The number that ends it.
const OVER: u64 = u64::MAX;

/// A line of its own, and its neighbour, which processors fetch along.
#[repr(align(128))]
struct Ball(AtomicU64);

/// What both sides do between two looks at the line. Which is faster depends on where the two processors
/// are, and a floor is what is possible.
const BETWEEN_LOOKS: [fn(); 2] = [|| {}, spin_loop];

/// One-way times in nanoseconds, each the mean over a few round trips, halved: those of the faster way to
/// wait for the line.
#[must_use]
pub(crate) fn one_way(cores: Cores) -> Times {
    let ways = BETWEEN_LOOKS.map(|between_looks| measured(cores, between_looks));
    ways.into_iter().min_by_key(|times| times.quantile_ns(0.5)).unwrap_or_default()
}

fn measured(cores: Cores, between_looks: fn()) -> Times {
    let ball = Ball(AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| give_back(&ball, cores.worker, between_looks));
        let server = scope.spawn(|| serve(&ball, cores.dispatcher, between_looks));
        server.join().expect("the measuring thread does not panic")
    })
}

/// Sends odd numbers, waits for the even ones that follow.
fn serve(ball: &Ball, cpu: usize, between_looks: fn()) -> Times {
    pin(cpu);
    let mut times = Times::new();
    let deadline_ns = now_ns() + LONGEST_NS;
    for sample in 0..WARM_UP + SAMPLES {
        let start_ns = now_ns();
        if start_ns > deadline_ns {
            break;
        }
        for round in 0..ROUNDS {
            let number = 2 * (sample * ROUNDS + round) + 1;
            ball.0.store(number, Ordering::Release);
            wait_for(ball, number + 1, between_looks);
        }
        if sample >= WARM_UP {
            times.add((now_ns() - start_ns) / (2 * ROUNDS));
        }
    }
    ball.0.store(OVER, Ordering::Release);
    times
}

/// Answers every odd number with the even one that follows, until it is over.
fn give_back(ball: &Ball, cpu: usize, between_looks: fn()) {
    pin(cpu);
    loop {
        match ball.0.load(Ordering::Acquire) {
            OVER => break,
            odd if odd % 2 == 1 => ball.0.store(odd + 1, Ordering::Release),
            _ => between_looks(),
        }
    }
}

fn wait_for(ball: &Ball, number: u64, between_looks: fn()) {
    while ball.0.load(Ordering::Acquire) != number {
        between_looks();
    }
}

#[cfg(test)]
mod tests {
    use super::super::cores::tests::two_cores;
    use super::*;

    #[test]
    fn one_way_is_measured_where_there_are_two_cores() {
        let Some(cores) = two_cores() else { return };
        let Some(percentiles) = one_way(cores).percentiles() else {
            return eprintln!("skipped: others had one of the two processors all the time");
        };
        let p50_ns = percentiles.p50_ns;
        assert!((1..1_000_000).contains(&p50_ns), "{p50_ns} ns");
    }
}
