//! Taking jobs, and giving them up.

use crate::job::ids::Ticket;
use crate::job::request::Request;
use crate::job::spec::Job;
use crate::node::Node;
use crate::node::error::SubmitError;
use crate::sys::clock::about_now_ns;

impl Node {
    /// Takes a job: gives it to the worker that has the fewest, or queues it. Its service is placed
    /// when a worker gets it, if it is not resident then.
    ///
    /// # Errors
    /// A limit of the job or of the queue is passed, its service is unknown, banned or cannot be
    /// placed, or no worker is left. Nothing has been done then.
    pub fn submit(&mut self, job: Job<'_>) -> Result<Ticket, SubmitError> {
        self.submit_by(job, u64::MAX)
    }

    /// As [`Node::submit`], for a job that ends as [`expired`](crate::Outcome::Expired), and does not run, if no
    /// worker can start it until `start_by_ns` on the node's clock ([`now_ns`](crate::now_ns)).
    ///
    /// # Errors
    /// As [`Node::submit`].
    pub fn submit_by(&mut self, job: Job<'_>, start_by_ns: u64) -> Result<Ticket, SubmitError> {
        let ticket = Ticket(self.last_ticket + 1);
        self.submit_as(ticket, job, start_by_ns)?;
        self.last_ticket = ticket.0;
        Ok(ticket)
    }

    /// As [`Node::submit_by`], for a caller that numbers all jobs of this node itself.
    pub(crate) fn submit_as(
        &mut self,
        ticket: Ticket,
        job: Job<'_>,
        start_by_ns: u64,
    ) -> Result<(), SubmitError> {
        let spec = job.check(self.services.tenant(job.service)?, self.arena_kib)?;
        self.check_ban(job.service)?;
        let now_ns = about_now_ns();
        if self.pool.is_checkup_due(now_ns) {
            self.tick(now_ns);
        }
        if let Some(why) = self.pool.abandoned() {
            return Err(SubmitError::NoWorkers { why: why.clone() });
        }
        let is_cancelled = false;
        let request = Request { ticket, spec, submitted_ns: now_ns, start_by_ns, is_cancelled };
        self.accept(request, job.body)?;
        self.finished.expect_one();
        Ok(())
    }

    /// Stops a job that nobody wants any more. One that waits does not run; one that runs or is paused is
    /// stopped as at its soft deadline. Both end as [`cancelled`](crate::Outcome::Cancelled); one that returns before
    /// that ends as it would have. False if no job of that ticket is under way.
    pub fn cancel(&mut self, ticket: Ticket) -> bool {
        match self.queue.remove(ticket) {
            Some(waiting) => self.drop_cancelled(&waiting.request),
            None => return self.pool.cancel(ticket, about_now_ns()),
        }
        true
    }
}
