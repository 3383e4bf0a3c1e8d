//! Jobs of a worker that wait for upstreams.

use crate::job::called::Called;
use crate::job::ids::Ticket;
use crate::pool::outstanding::Paused;
use crate::pool::worker::Worker;

impl Worker {
    /// A job waits for the replies to `calls`.
    pub(super) fn wait(&mut self, paused: Paused, calls: Vec<u8>) {
        self.called.push(Called {
            worker: self.number,
            ticket: paused.request.ticket,
            tenant: paused.request.spec.tenant,
            service: paused.request.spec.service,
            entered_ns: paused.history.entered_ns,
            calls,
        });
        self.slices.wait(paused);
    }

    /// What has begun to wait since this was asked last.
    pub(crate) fn take_called(&mut self) -> impl Iterator<Item = Called> {
        self.called.drain(..)
    }

    /// The replies for a job, if it waits here.
    pub(crate) fn answer(&mut self, ticket: Ticket, replies: Vec<u8>) {
        self.slices.answer(ticket, replies);
    }

    /// A job has waited for too long, if it waits here.
    pub(crate) fn end_wait(&mut self, ticket: Ticket) {
        self.slices.end_wait(ticket);
    }

    /// Whether any job is paused here, or waits: then it cannot be replaced.
    pub(crate) fn has_suspended(&self) -> bool {
        self.slices.is_any()
    }
}
