//! Jobs that are suspended on their workers: paused, or waiting for upstreams.

use crate::job::ids::Ticket;
use crate::pool::WorkerPool;
use crate::pool::slot::WorkerSlot;
use crate::pool::worker::lines::Resumption;

impl WorkerPool {
    /// The paused job that waits longest of those whose worker has room, if it waits since `before_ns` or
    /// longer.
    pub(crate) fn next_slice(&mut self, before_ns: u64) -> Option<Resumption<'_>> {
        let depth = self.spawn_context.config.ring_depth();
        let workers = self.slots.iter_mut().filter_map(WorkerSlot::serving_mut);
        let waiting = workers
            .filter(|worker| worker.load() < depth)
            .filter_map(|worker| Some((worker.first_paused_ns()?, worker)));
        let (since_ns, worker) = waiting.min_by_key(|&(since_ns, _)| since_ns)?;
        if since_ns > before_ns {
            return None;
        }
        worker.next_slice(depth)
    }

    /// The replies that a job waits for on worker `number`.
    pub(crate) fn answer(&mut self, number: usize, ticket: Ticket, replies: Vec<u8>) {
        if let Some(worker) = self.slots.get_mut(number).and_then(WorkerSlot::serving_mut) {
            worker.answer(ticket, replies);
        }
    }

    /// A job on worker `number` has waited for upstreams for too long.
    pub(crate) fn end_wait(&mut self, number: usize, ticket: Ticket) {
        if let Some(worker) = self.slots.get_mut(number).and_then(WorkerSlot::serving_mut) {
            worker.end_wait(ticket);
        }
    }

    /// Whether a job is paused that could go on.
    pub(crate) fn has_paused(&self) -> bool {
        let mut workers = self.slots.iter().filter_map(WorkerSlot::serving);
        workers.any(|worker| worker.first_paused_ns().is_some())
    }
}
