//! All workers of a node: who is free, what they bring, and how the dispatcher sleeps until then.

use std::time::Duration;

use mote_abi::doze::Order;
use rustix::thread::futex;
use rustix::time::{ClockId, Timespec};

use crate::cpus::Plan;
use crate::error::NodeError;
use crate::job::Terms;
use crate::seat::{Equipment, News, Seat};
use crate::sys::barrier;
use crate::sys::clock::{monotonic_ns, now_ns};
use crate::worker::Worker;

/// Between two looks at workers that start.
const START_LOOK: Duration = Duration::from_micros(50);

#[derive(Debug)]
pub(crate) struct Crew {
    equipment: Equipment,
    seats: Vec<Seat>,
}

impl Crew {
    /// Starts all workers at once, and returns when all are ready.
    pub(crate) fn start(equipment: Equipment, plan: &Plan) -> Result<Self, NodeError> {
        let seats = plan.workers.iter().enumerate().map(|(number, &post)| Seat::new(number, post));
        let mut crew = Self { seats: seats.collect(), equipment };
        loop {
            crew.turn(now_ns(), &mut News::default());
            if let Some(failure) = crew.seats.iter_mut().find_map(Seat::take_failure) {
                return Err(failure);
            }
            if crew.seats.iter().all(|seat| seat.serving().is_some()) {
                return Ok(crew);
            }
            std::thread::sleep(START_LOOK);
        }
    }

    /// One turn of all seats.
    pub(crate) fn turn(&mut self, now_ns: u64, news: &mut News) {
        for seat in &mut self.seats {
            seat.turn(now_ns, &self.equipment, news);
        }
    }

    /// The worker that has the fewest invocations, if it has room for one more.
    pub(crate) fn freest(&mut self) -> Option<&mut Worker> {
        let workers = self.seats.iter_mut().filter_map(Seat::serving_mut);
        let freest = workers.min_by_key(|worker| worker.load())?;
        (freest.load() < self.equipment.config.ring_depth()).then_some(freest)
    }

    /// The worker with room for one more whose paused job waits longest, if that waits since `before_ns`
    /// or longer; and what the job runs.
    pub(crate) fn next_turn(&mut self, before_ns: u64) -> Option<(&mut Worker, Terms)> {
        let depth = self.equipment.config.ring_depth();
        let workers = self.seats.iter_mut().filter_map(Seat::serving_mut);
        workers
            .filter(|worker| worker.load() < depth)
            .filter_map(|worker| {
                worker.next_turn().map(|(since_ns, terms)| (since_ns, worker, terms))
            })
            .filter(|&(since_ns, ..)| since_ns <= before_ns)
            .min_by_key(|&(since_ns, ..)| since_ns)
            .map(|(_, worker, terms)| (worker, terms))
    }

    /// Whether a job is paused and has no turn yet.
    pub(crate) fn has_paused(&self) -> bool {
        self.seats.iter().filter_map(Seat::serving).any(Worker::has_paused)
    }

    /// Whether a worker may have died without anything showing it.
    pub(crate) fn is_checkup_due(&self, now_ns: u64) -> bool {
        self.seats.iter().any(|seat| seat.is_checkup_due(now_ns))
    }

    /// Why no worker is left, if none is.
    pub(crate) fn abandoned(&self) -> Option<String> {
        if !self.seats.iter().all(Seat::is_abandoned) {
            return None;
        }
        let failure = self.seats.iter().find_map(Seat::last_failure);
        Some(failure.map(ToString::to_string).unwrap_or_default())
    }

    /// The next deadline of any invocation.
    pub(crate) fn deadline_ns(&self) -> Option<u64> {
        self.seats.iter().filter_map(Seat::deadline_ns).min()
    }

    pub(crate) fn pids(&self) -> Vec<u32> {
        self.seats.iter().filter_map(Seat::pid).collect()
    }

    pub(crate) fn stale_signals(&self) -> u64 {
        self.seats.iter().filter_map(Seat::serving).map(Worker::stale_signals).sum()
    }

    pub(crate) fn cpus(&self) -> Vec<Option<u32>> {
        self.seats.iter().map(Seat::cpu).collect()
    }

    /// Sleeps until a worker rings, or there is something to do, or a deadline is `lead_ns` away.
    /// Misses no ring: see [`mote_abi::doze`].
    pub(crate) fn sleep(&self, now_ns: u64, lead_ns: u64) {
        let wakes = self.seats.iter().filter_map(|seat| seat.wake_ns(now_ns, lead_ns));
        let until_ns = wakes.min();
        let workers: Vec<&Worker> = self
            .seats
            .iter()
            .filter_map(Seat::serving)
            .filter(|worker| worker.load() > 0)
            .collect();
        let rings: Vec<futex::Wait> = workers.iter().map(|worker| ring_of(worker)).collect();
        for worker in &workers {
            worker.areas.inbox().dispatcher_asleep.announce();
        }
        if workers.iter().any(|worker| worker.order == Order::Kernel) {
            barrier::everywhere();
        }
        if !workers.iter().any(|worker| worker.has_completion()) {
            sleep_until(&rings, until_ns.unwrap_or(now_ns), now_ns);
        }
        for worker in &workers {
            worker.areas.inbox().dispatcher_asleep.clear();
        }
    }
}

fn ring_of(worker: &Worker) -> futex::Wait {
    let doorbell = &worker.areas.outbox().doorbell;
    let mut wait = futex::Wait::new();
    wait.val = u64::from(doorbell.value());
    wait.uaddr = futex::WaitPtr::new(doorbell.futex().as_ptr().cast());
    wait.flags = futex::WaitFlags::SIZE_U32;
    wait
}

/// Early returns (a ring, a signal, a word that has changed already) are all reasons to look again,
/// which the caller does in any case.
fn sleep_until(rings: &[futex::Wait], until_ns: u64, now_ns: u64) {
    let in_ns = until_ns.saturating_sub(now_ns);
    if rings.is_empty() {
        std::thread::sleep(Duration::from_nanos(in_ns));
        return;
    }
    let until_ns = monotonic_ns().saturating_add(in_ns);
    let until = Timespec {
        tv_sec: (until_ns / 1_000_000_000).cast_signed(),
        tv_nsec: (until_ns % 1_000_000_000).cast_signed(),
    };
    let _woken = futex::waitv(rings, futex::WaitvFlags::empty(), Some(&until), ClockId::Monotonic);
}

#[cfg(test)]
mod tests;
