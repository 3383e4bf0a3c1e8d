//! A worker's place in a node: it stays, while the process in it may be replaced.
//!
//! ```text
//!           start            ready                 dead (whoever killed it)
//!  Vacant ─────────▶ Starting ─────▶ Serving ──────────────────────────────▶ Vacant
//!                       │ 3 failures in a row
//!                       └──────────────────▶ Abandoned
//! ```

mod filling;

use std::collections::VecDeque;

use crate::config::{NodeConfig, Source};
use crate::job::called::Called;
use crate::pool::error::{ExitReason, StartError};
use crate::pool::outstanding::{Ended, Orphan};
use crate::pool::spares::Spares;
use crate::pool::spawn::SpawnContext;
use crate::pool::start;
use crate::pool::worker::Worker;
use crate::pool::worker::oversight::Interruption;
use crate::sched::cpus::Post;

/// Before another start, when the last worker died of nothing that it was given.
const IDLE_RETRY_AFTER_NS: u64 = 1_000_000;

/// Between two questions whether a process still lives: each is a call to the kernel.
const HEALTH_INTERVAL_NS: u64 = 1_000_000;

/// The same, for a process that ends and should be gone soon.
const KILLED_INTERVAL_NS: u64 = 20_000;

/// How long a dispatcher may sleep while a worker starts.
const STARTING_SLEEP_NS: u64 = 100_000;

/// How long a dispatcher may sleep while a worker works: where nothing rings at its end.
const WORKING_SLEEP_NS: u64 = 20_000_000;

/// What a tick brought.
#[derive(Debug, Default)]
pub(crate) struct PoolEvents {
    /// Jobs that ended.
    pub(crate) ended: VecDeque<Ended>,
    /// Jobs whose worker is gone and that another may run, in their order.
    pub(crate) orphans: Vec<Orphan>,
    /// Jobs that have begun to wait for upstreams.
    pub(crate) called: Vec<Called>,
    /// Workers whose invocation is to look at the clock, and what makes it.
    pub(crate) overdue: Vec<(usize, Interruption)>,
}

#[derive(Debug)]
pub(crate) struct WorkerSlot {
    number: usize,
    post: Post,
    /// Who fires at its deadlines.
    source: Source,
    state: State,
    failed_starts: u32,
    last_failure: Option<StartError>,
    health_ns: u64,
}

#[derive(Debug)]
enum State {
    Vacant { not_before_ns: u64 },
    Starting { worker: Worker, give_up_ns: u64 },
    Serving(Worker),
    Abandoned,
}

impl WorkerSlot {
    /// The slot of worker `number`, which runs at `post`, and at whose deadlines `source` fires.
    pub(crate) fn new(number: usize, post: Post, source: Source) -> Self {
        Self {
            number,
            post,
            source,
            state: State::Vacant { not_before_ns: 0 },
            failed_starts: 0,
            last_failure: None,
            health_ns: 0,
        }
    }

    /// A slot with a worker that serves.
    #[cfg(test)]
    pub(crate) fn serving_with(worker: Worker) -> Self {
        Self { state: State::Serving(worker), ..Self::new(0, Post::ANYWHERE, Source::Signal) }
    }

    pub(crate) fn cpu(&self) -> Option<u32> {
        self.post.cpu
    }

    pub(crate) fn source(&self) -> Source {
        self.source
    }

    /// The process in it, whatever it is doing.
    pub(crate) fn pid(&self) -> Option<u32> {
        match &self.state {
            State::Starting { worker, .. } | State::Serving(worker) => Some(worker.process.pid()),
            State::Vacant { .. } | State::Abandoned => None,
        }
    }

    /// The worker in it that takes requests.
    pub(crate) fn serving(&self) -> Option<&Worker> {
        match &self.state {
            State::Serving(worker) if !worker.is_ending() => Some(worker),
            _ => None,
        }
    }

    /// The worker in it that takes requests.
    pub(crate) fn serving_mut(&mut self) -> Option<&mut Worker> {
        match &mut self.state {
            State::Serving(worker) if !worker.is_ending() => Some(worker),
            _ => None,
        }
    }

    /// Lets `ready` serve here in the place of the worker that does, which is returned.
    ///
    /// # Panics
    /// If none serves here.
    pub(crate) fn replace(&mut self, ready: Worker, config: &NodeConfig) -> Worker {
        start::let_spin(&ready.areas.inbox().start, config, self.post);
        match std::mem::replace(&mut self.state, State::Serving(ready)) {
            State::Serving(before) => before,
            _ => unreachable!("only who serves is replaced"),
        }
    }

    /// The worker in it, which may end.
    pub(crate) fn worker(&self) -> Option<&Worker> {
        if let State::Serving(worker) = &self.state { Some(worker) } else { None }
    }

    /// The worker in it that has jobs: it may have been killed, and not be gone.
    pub(crate) fn worker_mut(&mut self) -> Option<&mut Worker> {
        if let State::Serving(worker) = &mut self.state { Some(worker) } else { None }
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        matches!(self.state, State::Abandoned)
    }

    /// Why the last start failed, until one succeeds.
    pub(crate) fn last_failure(&self) -> Option<&StartError> {
        self.last_failure.as_ref()
    }

    /// As [`WorkerSlot::last_failure`], to keep.
    pub(crate) fn take_failure(&mut self) -> Option<StartError> {
        self.last_failure.take()
    }

    /// Whether it is time to ask for the health of a worker that nothing else would show dead.
    pub(crate) fn is_checkup_due(&self, now_ns: u64) -> bool {
        now_ns >= self.health_ns && self.pid().is_some()
    }

    /// When the next deadline of an invocation is.
    pub(crate) fn deadline_ns(&self) -> Option<u64> {
        self.serving().and_then(Worker::watch_ns)
    }

    /// When a sleeping dispatcher must be up again for this slot: `lead_ns` before a deadline.
    pub(crate) fn wake_ns(&self, now_ns: u64, lead_ns: u64) -> Option<u64> {
        match &self.state {
            State::Vacant { not_before_ns } => {
                Some((*not_before_ns).max(now_ns + STARTING_SLEEP_NS))
            }
            State::Starting { .. } => Some(now_ns + STARTING_SLEEP_NS),
            State::Serving(worker) if worker.is_ending() => Some(now_ns + KILLED_INTERVAL_NS),
            State::Serving(worker) if worker.load() > 0 => {
                let deadline_ns = worker.watch_ns().unwrap_or(u64::MAX);
                Some(deadline_ns.saturating_sub(lead_ns).min(now_ns + WORKING_SLEEP_NS))
            }
            State::Serving(_) | State::Abandoned => None,
        }
    }

    /// One tick: takes what has ended, enforces deadlines, replaces the dead.
    pub(crate) fn tick(
        &mut self,
        now_ns: u64,
        spawn_context: &SpawnContext,
        spares: Option<&mut Spares>,
        events: &mut PoolEvents,
    ) {
        match &mut self.state {
            State::Serving(worker) => {
                events.ended.extend(std::iter::from_fn(|| worker.take(now_ns)));
                events.called.extend(worker.take_called());
                let overdue = worker.oversee(now_ns, self.source);
                events.overdue.extend(overdue.map(|interruption| (self.number, interruption)));
                self.check_health(now_ns, events);
            }
            State::Starting { worker, .. } if start::is_ready(&worker.areas.outbox().status) => {
                self.started();
            }
            State::Starting { .. } => self.check_start(now_ns),
            State::Vacant { not_before_ns } if now_ns >= *not_before_ns => match spares {
                Some(spares) => self.fill(now_ns, &spawn_context.config, spares),
                None => self.start(now_ns, spawn_context),
            },
            State::Vacant { .. } | State::Abandoned => {}
        }
    }

    fn check_health(&mut self, now_ns: u64, events: &mut PoolEvents) {
        let State::Serving(worker) = &mut self.state else { return };
        if worker.is_ending() {
            // One that says so itself, which it may, ends too.
            worker.process.kill();
            self.health_ns = self.health_ns.min(now_ns + KILLED_INTERVAL_NS);
        }
        if now_ns < self.health_ns {
            return;
        }
        self.health_ns = now_ns + HEALTH_INTERVAL_NS;
        if let Some(exit) = worker.exit_reason() {
            self.reap(exit, now_ns, events);
        }
    }

    /// The worker is gone: reports what it leaves, and makes room for the next.
    fn reap(&mut self, exit: ExitReason, now_ns: u64, events: &mut PoolEvents) {
        let vacant = State::Vacant { not_before_ns: now_ns };
        let State::Serving(mut worker) = std::mem::replace(&mut self.state, vacant) else { return };
        events.ended.extend(std::iter::from_fn(|| worker.take(now_ns)));
        let was_idle = worker.load() == 0 && !worker.has_suspended();
        let remains = worker.reap(exit, now_ns);
        events.ended.extend(remains.lost);
        events.orphans.extend(remains.orphans);
        if was_idle {
            self.state = State::Vacant { not_before_ns: now_ns + IDLE_RETRY_AFTER_NS };
        }
    }
}

#[cfg(test)]
mod tests;
