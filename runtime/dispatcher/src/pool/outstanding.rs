//! The jobs that a worker has: those in its ring, and those that are paused on it.

use crate::images::services::Resident;
use crate::job::completed::{Completed, Ending, Run};
use crate::job::ids::TenantId;
use crate::job::request::{Request, Waiting};
use crate::pool::pause::PauseHistory;

/// A published request.
#[derive(Debug)]
pub(crate) struct Outstanding {
    pub(crate) sequence: u64,
    pub(crate) request: Request,
    pub(crate) resident: Resident,
    pub(crate) published_ns: u64,
    /// What its latency counts from: its first publishing, or the beginning of its cold start.
    pub(crate) stamp_ns: u64,
    /// Bytes of its line's body in the inbox.
    pub(crate) body_bytes: usize,
    /// Its pauses, if this resumes it.
    pub(crate) history: Option<PauseHistory>,
}

/// A paused job.
#[derive(Debug)]
pub(crate) struct Paused {
    pub(crate) request: Request,
    pub(crate) resident: Resident,
    pub(crate) history: PauseHistory,
    /// Since when it waits for its next time slice, or for upstreams.
    pub(crate) since_ns: u64,
    /// The replies that it waited for; empty if it did not, or waited for too long.
    pub(crate) replies: Vec<u8>,
}

/// A job that ended, and the image that it was in.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) completed: Completed,
    /// Whose it was.
    pub(crate) tenant: TenantId,
    pub(crate) resident: Resident,
    /// Whether its service may be what caused this: not where a worker was lost while it was paused there.
    pub(crate) is_suspect: bool,
}

/// A job that another worker may run, because this one was lost, and the image that it would have been in.
#[derive(Debug)]
pub(crate) struct Orphan {
    pub(crate) waiting: Waiting,
    pub(crate) resident: Resident,
    /// Whether its service may be what the worker was lost to.
    pub(crate) is_suspect: bool,
}

impl Outstanding {
    /// It ended at `now_ns`.
    pub(crate) fn ended(self, worker_pid: u32, now_ns: u64, ending: Ending) -> Ended {
        let run = Run {
            stamp_ns: self.stamp_ns,
            total_ns: now_ns.saturating_sub(self.stamp_ns),
            pauses: self.history.map_or(0, |history| history.pauses),
            worker_pid,
        };
        let completed = self.request.completed(run, ending);
        let tenant = self.request.spec.tenant;
        Ended { completed, tenant, resident: self.resident, is_suspect: true }
    }

    /// It is paused since `now_ns`.
    pub(crate) fn paused(self, history: PauseHistory, now_ns: u64) -> Paused {
        let Self { request, resident, .. } = self;
        Paused { request, resident, history, since_ns: now_ns, replies: Vec::new() }
    }
}

impl Paused {
    /// As the line that resumes it.
    pub(crate) fn resumed(self, sequence: u64, published_ns: u64) -> Outstanding {
        let Self { request, resident, history, since_ns: _, replies } = self;
        let (stamp_ns, body_bytes) = (history.stamp_ns, replies.len());
        let history = Some(history);
        Outstanding { sequence, request, resident, published_ns, stamp_ns, body_bytes, history }
    }

    /// What is left of its budget, in microseconds, as far as is known here.
    pub(crate) fn left_us(&self) -> u32 {
        self.request.spec.budget_us.saturating_sub(self.history.spent_us)
    }
}
