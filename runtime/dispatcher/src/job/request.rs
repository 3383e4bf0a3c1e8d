//! A job on its way to a worker, and one that waits for its turn.

use crate::job::completed::{Completed, Ending, JobPart, Run};
use crate::job::ids::Ticket;
use crate::job::spec::JobSpec;

/// A job on its way: all of it but the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) ticket: Ticket,
    pub(crate) spec: JobSpec,
    /// When it was submitted, on the node's clock.
    pub(crate) submitted_ns: u64,
    /// When it must have come to a worker that starts it; `u64::MAX` for whenever.
    pub(crate) start_by_ns: u64,
    /// Whether running it twice does no harm.
    pub(crate) is_idempotent: bool,
    /// Whether nobody wants it any more.
    pub(crate) is_cancelled: bool,
    /// Whether a worker was lost that may have run it.
    pub(crate) is_retry: bool,
}

/// A job that waits for a worker, or has lost the one it waited for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) request: Request,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The job after `run`, which ended so.
    pub(crate) fn completed(&self, run: Run, ending: Ending) -> Completed {
        let &Self { ticket, spec, .. } = self;
        let (service, mode, budget_us) = (spec.service, spec.mode, spec.budget_us);
        let ending = if self.is_cancelled { ending.of_cancelled() } else { ending };
        Completed::new(JobPart { ticket, service, mode, budget_us }, run, ending)
    }

    /// The job, which no worker ran.
    pub(crate) fn not_run(&self, ending: Ending) -> Completed {
        self.completed(Run::NONE, ending)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::job::spec::tests::spec;

    /// A request with this ticket, submitted at the nanosecond of that number.
    pub(crate) fn request(ticket: u64, body: &[u8]) -> Request {
        Request {
            ticket: Ticket(ticket),
            spec: spec(body),
            submitted_ns: ticket,
            start_by_ns: u64::MAX,
            is_idempotent: false,
            is_cancelled: false,
            is_retry: false,
        }
    }
}
