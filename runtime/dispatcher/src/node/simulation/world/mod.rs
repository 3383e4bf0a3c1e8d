//! A node without processes, and what must hold of it.

mod feeding;

use std::collections::{BTreeMap, BTreeSet};

use crate::images::residency::Residency;
use crate::job::ids::{ServiceId, TenantId, Ticket};
use crate::job::request::tests::request;
use crate::job::request::{Request, Waiting};
use crate::job::share::Share;
use crate::journal::{Journal, State};
use crate::node::simulation::bug::Bug;
use crate::node::simulation::random::Random;
use crate::node::simulation::worker::{Fate, SimWorker, Step};
use crate::pool::watchdog::reason::{Reason, STALL_LIMIT_NS};
use crate::sched::queue::Queue;
use crate::sched::queue::shares::Shares;

const WORKERS: usize = 3;
const SERVICES: u64 = 12;
const TENANTS: u64 = 3;
const QUEUE_LIMIT: usize = 40;
const MAX_RUNNING: usize = 2;

/// How long a hung worker is let be, at most, from the entry of what it runs.
const MOST_HUNG_NS: u64 = 8_000_000_000;

pub(super) struct World {
    random: Random,
    bug: Option<Bug>,
    now_ns: u64,
    last_ticket: u64,
    /// Whose jobs are most.
    flooding: u64,
    queue: Queue,
    journal: Journal,
    residency: Residency,
    workers: [SimWorker; WORKERS],
    resident: BTreeSet<ServiceId>,
    used: BTreeSet<ServiceId>,
    waiting: BTreeSet<Ticket>,
    passed_over: BTreeMap<TenantId, u32>,
    accepted: BTreeMap<Ticket, Request>,
    answers: BTreeMap<Ticket, u32>,
    starts: BTreeMap<Ticket, u32>,
}

impl World {
    pub(super) fn new(seed: u64, bug: Option<Bug>) -> Self {
        let mut random = Random::new(seed);
        let limited = Share { max_running: MAX_RUNNING, ..Share::default() };
        Self {
            flooding: random.below(TENANTS),
            random,
            bug,
            now_ns: 1,
            last_ticket: 0,
            queue: Queue::new(QUEUE_LIMIT, Shares::new([(TenantId(1), limited)])),
            journal: Journal::default(),
            residency: Residency::new(7),
            workers: Default::default(),
            resident: BTreeSet::new(),
            used: BTreeSet::new(),
            waiting: BTreeSet::new(),
            passed_over: BTreeMap::new(),
            accepted: BTreeMap::new(),
            answers: BTreeMap::new(),
            starts: BTreeMap::new(),
        }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Something happens, and some time passes.
    pub(super) fn step(&mut self) -> Result<(), String> {
        match self.random.below(16) {
            0..=9 => self.submit(),
            10 => self.kill_any()?,
            11 => self.cancel()?,
            _ => {}
        }
        let is_long = self.random.once_in(20);
        let passed_ns = 1 + self.random.below(if is_long { 400_000_000 } else { 40_000 });
        self.pass(passed_ns)
    }

    /// Lets all that is there end.
    pub(super) fn drain(&mut self) -> Result<(), String> {
        for _ in 0..100_000 {
            if self.journal.open() == 0 {
                break;
            }
            self.pass(30_000_000)?;
        }
        if let Some(lost) = self.accepted.keys().find(|ticket| !self.answers.contains_key(ticket)) {
            return Err(format!("{lost:?} has no answer"));
        }
        Ok(())
    }

    fn submit(&mut self) {
        self.last_ticket += 1;
        let mut request = request(self.last_ticket, b"");
        let any = self.random.below(TENANTS);
        let tenant = if self.random.below(10) < 7 { self.flooding } else { any };
        let service = self.random.below(SERVICES / TENANTS) * TENANTS + tenant;
        request.spec.service = ServiceId(service as u32);
        request.spec.tenant = TenantId(tenant as u16);
        request.submitted_ns = self.now_ns;
        request.is_idempotent = service.is_multiple_of(2);
        if self.random.once_in(3) {
            request.start_by_ns = self.now_ns + 1 + self.random.below(1_000_000);
        }
        let Ok(room) = self.queue.room(request.spec.tenant, request.spec.service) else { return };
        room.push(request, b"");
        self.journal.accept(request.ticket, State::Queued);
        self.waiting.insert(request.ticket);
        self.accepted.insert(request.ticket, request);
    }

    fn pass(&mut self, passed_ns: u64) -> Result<(), String> {
        self.now_ns += passed_ns;
        let is_judged = !self.has(Bug::KillsTheStopped);
        for worker in 0..WORKERS {
            match self.workers[worker].pass(self.now_ns, passed_ns, is_judged) {
                Step::Nothing => self.check_hung(worker)?,
                Step::Ended => {
                    if let Some(ended) = self.workers[worker].end() {
                        self.left(&ended);
                        self.answer(ended.ticket)?;
                    }
                }
                Step::Killed { reason, fate } => self.kill_for(worker, reason, fate)?,
            }
        }
        self.tick()
    }

    fn check_hung(&self, worker: usize) -> Result<(), String> {
        let since_ns = self.workers[worker].since_ns().unwrap_or(self.now_ns);
        // Between two looks, any time may pass.
        if self.now_ns - since_ns > MOST_HUNG_NS + STALL_LIMIT_NS {
            return Err(format!("worker {worker} holds up others since {since_ns}"));
        }
        Ok(())
    }

    fn kill_for(&mut self, worker: usize, reason: Reason, fate: Fate) -> Result<(), String> {
        match (reason, fate) {
            (_, Fate::Hangs) if self.has(Bug::SparesTheHung) => Ok(()),
            (Reason::Stalled, Fate::Stopped { .. }) | (Reason::NeverEnded, Fate::Hangs) => {
                self.kill(worker)
            }
            _ => Err(format!("worker {worker} was killed for {reason:?} and had {fate:?}")),
        }
    }

    fn kill_any(&mut self) -> Result<(), String> {
        let worker = self.random.below(WORKERS as u64) as usize;
        self.kill(worker)
    }

    /// A worker dies; another takes its place after a while.
    fn kill(&mut self, worker: usize) -> Result<(), String> {
        let has_run = self.workers[worker].since_ns().is_some();
        let first = if has_run { self.workers[worker].end() } else { None };
        let behind = std::mem::take(&mut self.workers[worker].ring);
        self.workers[worker].vacant_until_ns = self.now_ns + self.random.below(10_000_000);
        if let Some(mut first) = first {
            let may_run_again = first.is_idempotent && !first.is_retry;
            self.left(&first);
            if may_run_again || self.has(Bug::RunsAgainWhatMayHaveRun) {
                first.is_retry = true;
                first.start_by_ns = u64::MAX;
                self.take_back(first);
            } else {
                self.answer(first.ticket)?;
            }
        }
        for request in behind {
            self.left(&request);
            if !self.has(Bug::LosesWhatWasBehindTheDead) {
                self.take_back(request);
            }
        }
        Ok(())
    }

    fn take_back(&mut self, request: Request) {
        self.journal.take_back(request.ticket);
        self.waiting.insert(request.ticket);
        self.queue.put_back(Waiting { request, body: Vec::new() });
    }

    fn cancel(&mut self) -> Result<(), String> {
        let ticket = Ticket(1 + self.random.below(self.last_ticket.max(1)));
        if self.queue.remove(ticket).is_some() {
            self.answer(ticket)?;
            if self.has(Bug::AnswersCancelledTwice) {
                self.note_answer(ticket)?;
            }
        }
        Ok(())
    }

    fn left(&mut self, request: &Request) {
        if !self.has(Bug::ForgetsWhoLeft) {
            self.queue.shares.left(request.spec.tenant, request.spec.service);
        }
    }

    fn answer(&mut self, ticket: Ticket) -> Result<(), String> {
        self.waiting.remove(&ticket);
        if self.journal.answer(ticket) { self.note_answer(ticket) } else { Ok(()) }
    }

    fn note_answer(&mut self, ticket: Ticket) -> Result<(), String> {
        let times = self.answers.entry(ticket).or_default();
        *times += 1;
        if *times == 1 { Ok(()) } else { Err(format!("{ticket:?} was answered {times} times")) }
    }

    fn tick(&mut self) -> Result<(), String> {
        if !self.has(Bug::RunsExpired) {
            while let Some(expired) = self.queue.pop_expired(self.now_ns) {
                self.answer(expired.request.ticket)?;
            }
        }
        while self.feed()? {}
        for worker in 0..WORKERS {
            let Some(begun) = self.workers[worker].begin(self.now_ns, &mut self.random) else {
                continue;
            };
            let starts = self.starts.entry(begun.ticket).or_default();
            *starts += 1;
            if *starts > 1 + u32::from(begun.is_idempotent) {
                return Err(format!("{:?} ran {starts} times", begun.ticket));
            }
        }
        if self.journal.refused() > 0 {
            Err("the journal refused a step".to_owned())
        } else {
            Ok(())
        }
    }
}
