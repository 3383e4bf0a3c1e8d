//! A worker without a process: a ring, and what becomes of the job that is first in it.

use std::collections::VecDeque;

use crate::job::request::Request;
use crate::node::simulation::random::Random;
use crate::pool::execution::Execution;
use crate::pool::watchdog::reason::Reason;
use crate::pool::watchdog::stall::Stall;
use crate::pool::watchdog::{Action, Limits, Watch, scrub_ns};

/// How long a service runs that ends by itself, at most.
const RUN_NS: u64 = 100_000;

#[derive(Debug, Default)]
pub(super) struct SimWorker {
    pub(super) ring: VecDeque<Request>,
    running: Option<Running>,
    /// Nobody is there before this.
    pub(super) vacant_until_ns: u64,
}

#[derive(Debug)]
struct Running {
    watch: Watch,
    stall: Option<Stall>,
    fate: Fate,
    entered_ns: u64,
    used_ns: u64,
}

/// What becomes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It ends then, or when it is stopped.
    Ends { at_ns: u64 },
    /// Its worker hangs in host text.
    Hangs,
    /// Its worker was stopped, and goes on then.
    Stopped { until_ns: u64 },
}

/// What a worker did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Nothing,
    Ended,
    Killed { reason: Reason, fate: Fate },
}

impl SimWorker {
    /// The first of the ring begins, if none runs.
    pub(super) fn begin(&mut self, now_ns: u64, random: &mut Random) -> Option<Request> {
        if self.running.is_some() {
            return None;
        }
        let first = *self.ring.front()?;
        let fate = match random.below(40) {
            0 => Fate::Hangs,
            1 => Fate::Stopped { until_ns: now_ns + random.below(20_000_000_000) },
            _ => Fate::Ends { at_ns: now_ns + random.below(RUN_NS) },
        };
        let watch = Watch::new(Limits::of(&first.spec), now_ns);
        self.running = Some(Running { watch, stall: None, fate, entered_ns: now_ns, used_ns: 0 });
        Some(first)
    }

    /// `passed_ns` have passed until `now_ns`. `is_judged`: whether who does not answer is asked why.
    pub(super) fn pass(&mut self, now_ns: u64, passed_ns: u64, is_judged: bool) -> Step {
        let (Some(first), Some(running)) = (self.ring.front(), &mut self.running) else {
            return Step::Nothing;
        };
        running.go_on(now_ns, passed_ns);
        let is_over = matches!(running.fate, Fate::Ends { at_ns } if at_ns <= now_ns);
        if is_over {
            return Step::Ended;
        }
        let entered_ns = running.entered_ns;
        match running.watch.tick(now_ns, false, || Some(entered_ns)) {
            Action::None | Action::Rehearse => Step::Nothing,
            // Whoever runs a service obeys.
            Action::Stop if matches!(running.fate, Fate::Ends { .. }) => Step::Ended,
            Action::Stop => Step::Nothing,
            Action::GiveUp(reason) if !is_judged => Step::Killed { reason, fate: running.fate },
            Action::GiveUp(reason) => {
                let execution = Execution { is_asleep: false, used_ns: running.used_ns };
                let stall = *running.stall.get_or_insert_with(|| Stall::new(now_ns, execution));
                let verdict = stall.judge(now_ns, execution, scrub_ns(&first.spec), reason);
                let fate = running.fate;
                verdict.map_or(Step::Nothing, |reason| Step::Killed { reason, fate })
            }
        }
    }

    /// Since when the job that runs has run.
    pub(super) fn since_ns(&self) -> Option<u64> {
        self.running.as_ref().map(|running| running.entered_ns)
    }

    /// The first of the ring has ended.
    pub(super) fn end(&mut self) -> Option<Request> {
        self.running = None;
        self.ring.pop_front()
    }
}

impl Running {
    fn go_on(&mut self, now_ns: u64, passed_ns: u64) {
        match self.fate {
            Fate::Stopped { until_ns } if until_ns <= now_ns => {
                self.fate = Fate::Ends { at_ns: now_ns }
            }
            Fate::Stopped { .. } => {}
            Fate::Hangs | Fate::Ends { .. } => self.used_ns += passed_ns,
        }
    }
}
