//! How long a bare signal takes from the stamp before it is queued to its handler on another core.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use mote_dispatcher::now_ns;
use rustix::thread::gettid;

use super::cores::{Cores, pin};
use super::sys::{Arrival, queue_signal};
use crate::stats::latency::Times;

const SAMPLES: u64 = 2_000;
/// Signals before those that count.
const WARM_UP: u64 = 50;
/// The receiver spins at least this long in user mode before each signal.
const PAUSE_NS: u64 = 10_000;
/// A signal that has not arrived by then never will; it is left out.
const LOST_NS: u64 = 10_000_000_000;

/// What the two threads tell each other.
struct Meeting {
    receiver: AtomicU32,
    is_over: AtomicBool,
}

/// Times in nanoseconds from the stamp before the queueing system call to the handler's own stamp.
///
/// The receiver spins in user mode on the worker's core, as a runaway service does, so the times
/// hold the sender's system call, the interprocessor interrupt and the signal's delivery. None are
/// there if the kernel refuses the handler or the signal.
#[must_use]
pub(crate) fn to_handler(cores: Cores) -> Times {
    let Ok(arrival) = Arrival::install() else { return Times::new() };
    let meeting = Meeting { receiver: AtomicU32::new(0), is_over: AtomicBool::new(false) };
    thread::scope(|scope| {
        scope.spawn(|| spin_until_over(&meeting, cores.worker));
        let sender = scope.spawn(|| {
            pin(cores.dispatcher);
            let times = send_all(&meeting, &arrival);
            meeting.is_over.store(true, Ordering::Release);
            times
        });
        sender.join().expect("the measuring thread does not panic")
    })
}

fn spin_until_over(meeting: &Meeting, cpu: usize) {
    pin(cpu);
    meeting.receiver.store(gettid().as_raw_nonzero().get().unsigned_abs(), Ordering::Release);
    while !meeting.is_over.load(Ordering::Acquire) {
        spin_loop();
    }
}

fn send_all(meeting: &Meeting, arrival: &Arrival) -> Times {
    let receiver = wait_until(|| match meeting.receiver.load(Ordering::Acquire) {
        0 => None,
        thread_id => Some(thread_id),
    });
    let mut times = Times::new();
    let Some(receiver) = receiver else { return times };
    for sample in 0..WARM_UP + SAMPLES {
        pause();
        match send_one(receiver, arrival) {
            Some(time_ns) if sample >= WARM_UP => times.add(time_ns),
            Some(_) => {}
            None => break,
        }
    }
    times
}

/// `None` if the signal cannot be queued or does not arrive.
fn send_one(receiver: u32, arrival: &Arrival) -> Option<u64> {
    arrival.clear();
    let start_ns = now_ns();
    queue_signal(receiver, arrival).ok()?;
    let arrived_ns = wait_until(|| arrival.stamp_ns())?;
    Some(arrived_ns.saturating_sub(start_ns))
}

fn wait_until<T>(mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline_ns = now_ns() + LOST_NS;
    loop {
        if let Some(value) = ready() {
            return Some(value);
        }
        if now_ns() > deadline_ns {
            return None;
        }
        spin_loop();
    }
}

fn pause() {
    let until_ns = now_ns() + PAUSE_NS;
    while now_ns() < until_ns {
        spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::super::cores::tests::two_cores;
    use super::*;

    #[test]
    fn signal_is_measured_where_there_are_two_cores() {
        let Some(cores) = two_cores() else { return };
        let times = to_handler(cores);
        assert_eq!(times.count(), SAMPLES);
        let p50_ns = times.percentiles().unwrap().p50_ns;
        assert!((100..1_000_000_000).contains(&p50_ns), "{p50_ns} ns");
    }
}
