//! A job on its way to a worker, and one that waits for its turn.

use mote_abi::outcome::{Cleanup, Outcome};

use crate::node::completed::{Completed, Tokens, Unwinding};
use crate::node::job::{JobSpec, Ticket};

/// A job on its way: all of it but the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) ticket: Ticket,
    pub(crate) spec: JobSpec,
    /// What its latency counts from, if that is before its publishing: a cold start.
    pub(crate) cold_ns: Option<u64>,
}

/// A job that waits for a worker, or has lost the one it waited for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) request: Request,
    pub(crate) body: Vec<u8>,
    /// Since when; 0 for one that lost its worker.
    pub(crate) since_ns: u64,
}

impl Request {
    /// How it ends when nothing is known of it.
    pub(crate) fn lost(&self) -> Completed {
        Completed {
            ticket: self.ticket,
            service: self.spec.service,
            outcome: Outcome::WorkerLost,
            cleanup: Cleanup::Discarded,
            body: Vec::new(),
            error: None,
            log: String::new(),
            stamp_ns: 0,
            latency_ns: None,
            total_ns: 0,
            mode: self.spec.mode,
            budget_us: self.spec.budget_us,
            late_ns: None,
            cleanup_ns: None,
            pauses: 0,
            worker_pid: 0,
            arena_peak_bytes: 0,
            tokens: Tokens::default(),
            unwinding: Unwinding::default(),
        }
    }
}
