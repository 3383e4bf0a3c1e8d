//! How an invocation ended, as a node reports it.

use mote_abi::outcome::{Cleanup, Mode, Outcome};

use crate::job::ids::{ServiceId, Ticket};

/// One ended invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Which job this was.
    pub ticket: Ticket,
    /// What ran.
    pub service: ServiceId,
    /// How it ended.
    pub outcome: Outcome,
    /// How the service's stack was left. For a lost worker: [`Cleanup::Discarded`].
    pub cleanup: Cleanup,
    /// The response's body; empty unless the outcome is `ok`.
    pub body: Vec<u8>,
    /// The text of an error or a panic, or why the worker was lost. Bytes that are not UTF-8 are
    /// replaced.
    pub error: Option<String>,
    /// What the service logged. Bytes that are not UTF-8 are replaced.
    pub log: String,
    /// When the request was published, or for a cold start when the placing of its image began:
    /// on the node's clock, in nanoseconds, and 0 if it never came to a worker.
    pub stamp_ns: u64,
    /// From the stamp to the entry of the service, in nanoseconds; `None` when not known.
    pub latency_ns: Option<u64>,
    /// From the stamp until the dispatcher took the completion, in nanoseconds.
    pub total_ns: u64,
    /// The mode that it ran in.
    pub mode: Mode,
    /// The budget that it was given, in microseconds.
    pub budget_us: u32,
    /// From the deadline to the handler that acted on it, in nanoseconds; `None` if not preempted.
    pub late_ns: Option<u64>,
    /// From the handler that acted to the worker being ready again, in nanoseconds; `None` if none
    /// did.
    pub cleanup_ns: Option<u64>,
    /// How often it was paused, so that others could run.
    pub pauses: u32,
    /// The process that ran it.
    pub worker_pid: u32,
    /// The most that its arena held at once, in bytes.
    pub arena_peak_bytes: u64,
    /// Its host handles.
    pub tokens: Tokens,
    /// What its unwinding met.
    pub unwinding: Unwinding,
}

/// The countable host handles of one invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Created by the service.
    pub created: u32,
    /// Released by the service, each counted once.
    pub released: u32,
    /// Taken back by the worker.
    pub reclaimed: u32,
    /// Releases of a token that was not live.
    pub double_released: u32,
}

/// Counts of one unwinding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unwinding {
    /// Landing pads that ran.
    pub landing_pads: u16,
    /// Frames that were left.
    pub frames: u16,
    /// Frames whose language-specific data did not cover the instruction.
    pub gaps: u16,
}

/// What of a [`Completed`] is the job's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JobPart {
    pub(crate) ticket: Ticket,
    pub(crate) service: ServiceId,
    pub(crate) mode: Mode,
    pub(crate) budget_us: u32,
}

/// What of it is its way through a worker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) stamp_ns: u64,
    pub(crate) total_ns: u64,
    pub(crate) pauses: u32,
    pub(crate) worker_pid: u32,
}

impl Run {
    /// No worker had it.
    pub(crate) const NONE: Self = Self { stamp_ns: 0, total_ns: 0, pauses: 0, worker_pid: 0 };
}

/// What of it is the result's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) outcome: Outcome,
    pub(crate) cleanup: Cleanup,
    pub(crate) body: Vec<u8>,
    pub(crate) error: Option<String>,
    pub(crate) log: String,
    pub(crate) latency_ns: Option<u64>,
    pub(crate) late_ns: Option<u64>,
    pub(crate) cleanup_ns: Option<u64>,
    pub(crate) arena_peak_bytes: u64,
    pub(crate) tokens: Tokens,
    pub(crate) unwinding: Unwinding,
}

impl Ending {
    /// The ending of a job whose service said nothing of it: it never ran, or its worker is gone. `why` is
    /// for people.
    pub(crate) fn unreported(outcome: Outcome, why: impl ToString) -> Self {
        Self {
            outcome,
            cleanup: Cleanup::Discarded,
            body: Vec::new(),
            error: Some(why.to_string()),
            log: String::new(),
            latency_ns: None,
            late_ns: None,
            cleanup_ns: None,
            arena_peak_bytes: 0,
            tokens: Tokens::default(),
            unwinding: Unwinding::default(),
        }
    }

    /// The ending of a job that was stopped because nobody wants it: what stopped it looks like the end of its
    /// budget to the worker.
    pub(crate) fn of_cancelled(self) -> Self {
        let is_stopped = self.outcome == Outcome::OverBudget;
        let outcome = if is_stopped { Outcome::Cancelled } else { self.outcome };
        Self { outcome, ..self }
    }
}

impl Completed {
    /// How long it was under way since it entered its service, in microseconds; 0 if it did not.
    pub(crate) fn ran_us(&self) -> u64 {
        let ran_ns =
            self.latency_ns.map_or(0, |latency_ns| self.total_ns.saturating_sub(latency_ns));
        ran_ns / 1_000
    }

    /// Puts the three parts together.
    pub(crate) fn new(job: JobPart, run: Run, ending: Ending) -> Self {
        let JobPart { ticket, service, mode, budget_us } = job;
        let Run { stamp_ns, total_ns, pauses, worker_pid } = run;
        let Ending {
            outcome,
            cleanup,
            body,
            error,
            log,
            latency_ns,
            late_ns,
            cleanup_ns,
            arena_peak_bytes,
            tokens,
            unwinding,
        } = ending;
        Self {
            ticket,
            service,
            outcome,
            cleanup,
            body,
            error,
            log,
            stamp_ns,
            latency_ns,
            total_ns,
            mode,
            budget_us,
            late_ns,
            cleanup_ns,
            pauses,
            worker_pid,
            arena_peak_bytes,
            tokens,
            unwinding,
        }
    }
}
