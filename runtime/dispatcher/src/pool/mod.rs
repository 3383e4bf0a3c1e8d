//! All workers of a node: who is free, what they bring, and how the dispatcher sleeps until then.
//!
//! ```text
//!  WorkerPool ─▶ slot ─▶ worker ─▶ process, areas      what runs, and what is shared with it
//!                          ├────▶ watchdog             when it is stopped or killed (pure)
//!                          ├────▶ stop                 stopping it by breakpoints (pure)
//!                          └────▶ slices, report       what it may say (pure)
//! ```

pub(crate) mod areas;
pub(crate) mod bell;
pub(crate) mod error;
mod execution;
#[cfg(test)]
pub(crate) mod fake_worker;
pub(crate) mod outstanding;
pub(crate) mod pause;
pub(crate) mod process;
pub(crate) mod program;
pub(crate) mod report;
mod sharing;
pub(crate) mod sleep;
pub(crate) mod slices;
pub(crate) mod slot;
mod spares;
pub(crate) mod spawn;
pub(crate) mod start;
pub(crate) mod stop;
mod suspended;
pub(crate) mod watchdog;
pub(crate) mod worker;

use std::sync::Arc;
use std::time::Duration;

use crate::config::Source;
use crate::images::services::Services;
use crate::job::ids::Ticket;
use crate::pool::error::StartError;
use crate::pool::slot::{PoolEvents, WorkerSlot};
use crate::pool::spares::Spares;
use crate::pool::spawn::SpawnContext;
use crate::pool::stop::{POISON_NS, Stop, StopCounts};
use crate::pool::worker::Worker;
use crate::pool::worker::lines::FreeLine;
use crate::sched::cpus::{Plan, Post};
use crate::sched::processors::Processor;
use crate::sys::clock::now_ns;

/// Between two looks at workers that start.
const START_LOOK: Duration = Duration::from_micros(50);

#[derive(Debug)]
pub(crate) struct WorkerPool {
    spawn_context: Arc<SpawnContext>,
    slots: Vec<WorkerSlot>,
    /// Who takes the place of a worker; `None` until the first workers have started.
    spares: Option<Spares>,
    stop_counts: StopCounts,
}

impl WorkerPool {
    /// Starts all workers at once, and returns when all are ready.
    pub(crate) fn start(spawn_context: SpawnContext, plan: &Plan) -> Result<Self, StartError> {
        let is_trusted = spawn_context.config.unlisted_processor || Processor::this().is_tried();
        let slot = |(number, &post): (usize, &Post)| {
            let source = spawn_context.config.source.of_worker(is_trusted && post.is_alone);
            WorkerSlot::new(number, post, source)
        };
        let slots = plan.workers.iter().enumerate().map(slot).collect();
        let (spawn_context, stop_counts) = (Arc::new(spawn_context), StopCounts::default());
        let mut pool = Self { slots, spawn_context, spares: None, stop_counts };
        loop {
            pool.tick(now_ns(), &mut PoolEvents::default());
            if let Some(failure) = pool.slots.iter_mut().find_map(WorkerSlot::take_failure) {
                return Err(failure);
            }
            if pool.slots.iter().all(|slot| slot.serving().is_some()) {
                pool.start_spares(plan)?;
                return Ok(pool);
            }
            std::thread::sleep(START_LOOK);
        }
    }

    /// One tick of all slots.
    pub(crate) fn tick(&mut self, now_ns: u64, events: &mut PoolEvents) {
        for slot in &mut self.slots {
            slot.tick(now_ns, &self.spawn_context, self.spares.as_mut(), events);
        }
        if let Some(spares) = &mut self.spares {
            spares.tick(now_ns);
        }
    }

    /// Stops what runs on worker `number`, whose deadline has passed: by breakpoints, or by a signal where nobody
    /// came by one.
    pub(crate) fn stop(&mut self, number: usize, services: &mut Services) {
        let Some(worker) = self.slots.get_mut(number).and_then(WorkerSlot::serving_mut) else {
            return;
        };
        let begun_ns = now_ns();
        let stopped = worker.stop(services, POISON_NS);
        let needs_signal = matches!(stopped, Some(Stop::Late) | None);
        if needs_signal {
            worker.signal();
        }
        self.stop_counts.note(stopped, needs_signal, now_ns() - begun_ns);
    }

    /// Lets what runs on worker `number` meet a stop before one is due.
    pub(crate) fn rehearse(&mut self, number: usize, services: &mut Services) {
        self.disturb(number, services, POISON_NS);
    }

    /// The same where nothing is due, and without the signal: what runs goes on afterwards.
    pub(crate) fn disturb(&mut self, number: usize, services: &mut Services, poison_ns: u64) {
        if let Some(worker) = self.slots.get_mut(number).and_then(WorkerSlot::serving_mut) {
            let begun_ns = now_ns();
            let stopped = worker.stop(services, poison_ns);
            self.stop_counts.note(stopped, false, now_ns() - begun_ns);
        }
    }

    /// Signals what runs on worker `number`, whose deadline has passed.
    pub(crate) fn signal(&mut self, number: usize) {
        if let Some(worker) = self.slots.get_mut(number).and_then(WorkerSlot::serving_mut) {
            let begun_ns = now_ns();
            worker.signal();
            self.stop_counts.note(None, true, now_ns() - begun_ns);
        }
    }

    /// How stops ended.
    pub(crate) fn stop_counts(&self) -> StopCounts {
        self.stop_counts
    }

    /// Room for a job on the worker that has the fewest, if any has room, and will have started the job by
    /// `start_by_ns`.
    fn any_line(&mut self, now_ns: u64, start_by_ns: u64) -> Option<FreeLine<'_>> {
        let depth = self.spawn_context.config.ring_depth();
        let workers = self.slots.iter_mut().filter_map(WorkerSlot::serving_mut);
        let worker = workers.min_by_key(|worker| worker.load())?;
        if worker.starts_next_by(now_ns, start_by_ns) { worker.free_line(depth) } else { None }
    }

    /// Stops the job with this ticket on whichever worker has it. False if none has.
    pub(crate) fn cancel(&mut self, ticket: Ticket, now_ns: u64) -> bool {
        let mut workers = self.slots.iter_mut().filter_map(WorkerSlot::worker_mut);
        workers.any(|worker| worker.cancel(ticket, now_ns))
    }

    /// Whether a worker says that the service of a job which it has runs, or has paused it.
    pub(crate) fn has_started(&self, ticket: Ticket, worker: usize) -> bool {
        self.slots
            .get(worker)
            .and_then(WorkerSlot::serving)
            .is_some_and(|it| it.has_started(ticket))
    }

    /// Whether a worker may have died without anything showing it.
    pub(crate) fn is_checkup_due(&self, now_ns: u64) -> bool {
        self.slots.iter().any(|slot| slot.is_checkup_due(now_ns))
    }

    /// Why no worker is left, if none is: why the first of them was given up.
    pub(crate) fn abandoned(&self) -> Option<&StartError> {
        if !self.slots.iter().all(WorkerSlot::is_abandoned) {
            return None;
        }
        self.slots.iter().find_map(WorkerSlot::last_failure)
    }

    /// The next deadline of any invocation.
    pub(crate) fn deadline_ns(&self) -> Option<u64> {
        self.slots.iter().filter_map(WorkerSlot::deadline_ns).min()
    }

    pub(crate) fn pids(&self) -> Vec<u32> {
        self.slots.iter().filter_map(WorkerSlot::pid).collect()
    }

    pub(crate) fn stale_signals(&self) -> u64 {
        self.slots.iter().filter_map(WorkerSlot::serving).map(Worker::stale_signals).sum()
    }

    pub(crate) fn sources(&self) -> Vec<Source> {
        self.slots.iter().map(WorkerSlot::source).collect()
    }

    pub(crate) fn stale_traps(&self) -> u64 {
        self.slots.iter().filter_map(WorkerSlot::serving).map(Worker::stale_traps).sum()
    }

    pub(crate) fn cpus(&self) -> Vec<Option<u32>> {
        self.slots.iter().map(WorkerSlot::cpu).collect()
    }
}

#[cfg(test)]
mod tests;
