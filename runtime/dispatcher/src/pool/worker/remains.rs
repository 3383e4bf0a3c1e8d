//! What a worker leaves when it is gone.

use mote_abi::area::RING_ENTRIES;
use mote_abi::line::index;
use mote_abi::outcome::Outcome;

use crate::job::completed::Ending;
use crate::job::request::Waiting;
use crate::pool::error::{ExitReason, Lost};
use crate::pool::outstanding::{Ended, Orphan, Outstanding};
use crate::pool::slices::Slices;
use crate::pool::worker::Worker;

/// What a worker leaves when it is gone.
#[derive(Debug)]
pub(crate) struct Remains {
    /// The invocations that may have run.
    pub(crate) lost: Vec<Ended>,
    /// Those that another worker may run, in their order.
    pub(crate) orphans: Vec<Orphan>,
}

impl Worker {
    /// What it leaves. The caller knows that the process is gone, and why.
    pub(crate) fn reap(mut self, exit: ExitReason, now_ns: u64) -> Remains {
        let first = self.outstanding.pop_front();
        let behind = std::mem::take(&mut self.outstanding);
        let (resumed, new): (Vec<_>, Vec<_>) =
            behind.into_iter().partition(|behind| behind.history.is_some());
        let slices = std::mem::replace(&mut self.slices, Slices::new(None));
        let paused = slices.into_paused().map(|paused| paused.resumed(0, 0));
        let (again, running): (Vec<_>, Vec<_>) = first.into_iter().partition(may_run_again);
        let is_suspect = exit.is_suspicious();
        let running = running.into_iter().map(|running| self.lost(running, exit, now_ns));
        let running = running.map(|running| Ended { is_suspect, ..running });
        let again = again.into_iter().map(|again| Orphan { is_suspect, ..self.retry(again) });
        let bystanders = resumed.into_iter().chain(paused);
        let bystanders =
            bystanders.map(|paused| Ended { is_suspect: false, ..self.lost(paused, exit, now_ns) });
        Remains {
            lost: running.chain(bystanders).collect(),
            orphans: again.chain(new.into_iter().map(|behind| self.orphan(behind))).collect(),
        }
    }

    fn lost(&self, started: Outstanding, exit: ExitReason, now_ns: u64) -> Ended {
        let pid = self.process.pid();
        let ending = Ending {
            latency_ns: self.alleged_latency(&started, now_ns),
            ..Ending::unreported(Outcome::WorkerLost, Lost { pid, exit })
        };
        started.ended(pid, now_ns, ending)
    }

    fn alleged_latency(&self, started: &Outstanding, now_ns: u64) -> Option<u64> {
        if let Some(history) = started.history {
            return Some(history.entered_ns.saturating_sub(history.stamp_ns));
        }
        let entered_ns = self.areas.outbox().running.entered_ns(started.sequence)?;
        let is_plausible = (started.published_ns..=now_ns).contains(&entered_ns);
        is_plausible.then(|| entered_ns.saturating_sub(started.stamp_ns))
    }

    fn orphan(&self, behind: Outstanding) -> Orphan {
        let line = index(behind.sequence, RING_ENTRIES);
        let bytes = behind.request.spec.request_bytes as usize;
        let body = self.areas.request_body(line, bytes);
        let waiting = Waiting { request: behind.request, body };
        Orphan { waiting, resident: behind.resident, is_suspect: false }
    }

    /// It was started in time, so it is not late when it is started once more.
    fn retry(&self, mut again: Outstanding) -> Orphan {
        again.request.is_retry = true;
        again.request.start_by_ns = u64::MAX;
        self.orphan(again)
    }
}

/// Whether another worker may run what this one may have: once, if that does no harm. What was paused left its
/// request's body with the worker.
fn may_run_again(first: &Outstanding) -> bool {
    let request = &first.request;
    request.is_idempotent && !request.is_retry && !request.is_cancelled && first.history.is_none()
}
