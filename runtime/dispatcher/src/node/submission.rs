//! Taking jobs, and giving them up.

use crate::job::ids::Ticket;
use crate::job::options::JobOptions;
use crate::job::request::Request;
use crate::job::spec::Job;
use crate::journal::{JobState, State};
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
        self.submit_with(job, JobOptions { start_by_ns, ..JobOptions::default() })
    }

    /// As [`Node::submit`], for a job that is treated so.
    ///
    /// # Errors
    /// As [`Node::submit`].
    pub fn submit_with(
        &mut self,
        job: Job<'_>,
        options: JobOptions,
    ) -> Result<Ticket, SubmitError> {
        let ticket = Ticket(self.last_ticket + 1);
        self.submit_as(ticket, job, options)?;
        self.last_ticket = ticket.0;
        Ok(ticket)
    }

    /// As [`Node::submit_with`], for a caller that numbers all jobs of this node itself.
    pub(crate) fn submit_as(
        &mut self,
        ticket: Ticket,
        job: Job<'_>,
        options: JobOptions,
    ) -> Result<(), SubmitError> {
        let JobOptions { start_by_ns, is_idempotent, variables_bytes } = options;
        let spec = job.check(self.services.tenant(job.service)?, self.arena_kib)?;
        let spec = spec.with_variables(variables_bytes)?;
        self.check_ban(job.service)?;
        let now_ns = about_now_ns();
        if self.pool.is_checkup_due(now_ns) {
            self.tick(now_ns);
        }
        if let Some(why) = self.pool.abandoned() {
            return Err(SubmitError::NoWorkers { why: why.clone() });
        }
        let request = Request {
            ticket,
            spec,
            submitted_ns: now_ns,
            start_by_ns,
            is_idempotent,
            is_cancelled: false,
            is_retry: false,
        };
        self.accept(request, job.body)?;
        Ok(())
    }

    /// Stops a job that nobody wants any more. One that waits does not run; one that runs or is paused is
    /// stopped as at its soft deadline. Both end as [`cancelled`](crate::Outcome::Cancelled); one that returns before
    /// that ends as it would have. False if no job of that ticket is under way.
    pub fn cancel(&mut self, ticket: Ticket) -> bool {
        match self.queue.remove(ticket) {
            Some(waiting) => self.drop_cancelled(&waiting.request),
            None => {
                self.upstreams.forget(ticket);
                return self.pool.cancel(ticket, about_now_ns());
            }
        }
        true
    }

    /// How far a job has come; `None` if none of that ticket is without an answer.
    #[must_use]
    pub fn job_state(&self, ticket: Ticket) -> Option<JobState> {
        Some(match self.journal.state(ticket)? {
            State::Queued => JobState::Queued,
            State::Given { worker } if self.pool.has_started(ticket, worker) => {
                JobState::Started { worker }
            }
            State::Given { worker } => JobState::Given { worker },
        })
    }

    /// Jobs that have no answer yet.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.journal.open()
    }

    /// Steps of jobs that could not be, such as a second answer, and were refused: not 0 is a defect of this node.
    #[must_use]
    pub fn refused_steps(&self) -> u64 {
        self.journal.refused()
    }
}
