//! How a slot gets a worker: from the ready spares, or by a start, which may fail.

use crate::config::NodeConfig;
use crate::pool::error::{Cause, StartError};
use crate::pool::slot::{HEALTH_INTERVAL_NS, State, WorkerSlot};
use crate::pool::spares::Spares;
use crate::pool::spawn::{SpawnContext, start_worker};
use crate::pool::start::{self, Duty, START_LIMIT_NS};
use crate::pool::worker::Worker;

/// Starts that may fail one after the other before a slot is abandoned.
pub(super) const MAX_FAILED_STARTS: u32 = 3;

/// Before another start, when the last one failed.
const RETRY_AFTER_NS: u64 = 10_000_000;

impl WorkerSlot {
    /// Lets a spare serve here, if one is ready; else one is started.
    pub(super) fn fill(&mut self, now_ns: u64, config: &NodeConfig, spares: &mut Spares) {
        if let Some(ready) = spares.take(self.number) {
            start::let_spin(&ready.areas.inbox().start, config, self.post);
            return self.serve(ready);
        }
        spares.want(self.number);
        if let Some(failure) = spares.take_failure(self.number) {
            self.failed(now_ns, failure);
        }
    }

    pub(super) fn start(&mut self, now_ns: u64, spawn_context: &SpawnContext) {
        match start_worker(spawn_context, self.number, self.post, Duty::Serving) {
            Ok(worker) => {
                self.state = State::Starting { worker, give_up_ns: now_ns + START_LIMIT_NS };
                self.health_ns = now_ns + HEALTH_INTERVAL_NS;
            }
            Err(source) => self.failed(now_ns, StartError::spawn(source)),
        }
    }

    pub(super) fn started(&mut self) {
        if let State::Starting { worker, .. } = std::mem::replace(&mut self.state, State::Abandoned)
        {
            self.serve(worker);
        }
    }

    fn serve(&mut self, worker: Worker) {
        self.failed_starts = 0;
        self.last_failure = None;
        self.state = State::Serving(worker);
    }

    pub(super) fn check_start(&mut self, now_ns: u64) {
        let State::Starting { worker, give_up_ns } = &mut self.state else { return };
        if now_ns < self.health_ns {
            return;
        }
        self.health_ns = now_ns + HEALTH_INTERVAL_NS;
        let is_late = now_ns >= *give_up_ns;
        let too_slow = || is_late.then(|| Cause::SlowStart.into());
        let Some(exit) = worker.exit_reason().or_else(too_slow) else { return };
        let failure = worker.not_ready(exit);
        self.failed(now_ns, failure);
    }

    /// Notes a failed start. What was started is killed by being dropped.
    fn failed(&mut self, now_ns: u64, error: StartError) {
        self.failed_starts += 1;
        self.last_failure = Some(error);
        self.state = if self.failed_starts >= MAX_FAILED_STARTS {
            State::Abandoned
        } else {
            State::Vacant { not_before_ns: now_ns + RETRY_AFTER_NS }
        };
    }
}
