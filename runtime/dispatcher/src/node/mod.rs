//! A node: the one thing that users of this crate hold.
//!
//! ```text
//!  submit ─▶ place, if cold ─▶ a worker's ring ────────────▶ turn ─▶ ended ─▶ poll, wait, invoke
//!                │ all rings are full      ▲                  │
//!                └──────▶ queue ───────────┤                  │
//!                                          ├──── orphans ◀────┤ (their worker is gone)
//!                                          └──── paused  ◀────┘ (they go on, on their worker)
//! ```
//!
//! Nothing happens between calls: deadlines are enforced while the caller is in [`Node::poll`] or
//! [`Node::wait`].

pub(crate) mod completed;
pub(crate) mod config;
pub(crate) mod error;
pub(crate) mod job;
pub(crate) mod request;
pub(crate) mod requirements;

use std::marker::PhantomData;

use crate::images::services::Services;
use crate::images::statistics::ServiceStatistics;
use crate::images::zones::Zones;
use crate::node::completed::Completed;
use crate::node::config::NodeConfig;
use crate::node::error::{DeployError, NodeError, PlaceError, SubmitError};
use crate::node::job::{Job, ServiceId, Ticket};
use crate::node::request::Request;
use crate::pool::WorkerPool;
use crate::pool::areas::program_file;
use crate::pool::program;
use crate::pool::slot::{PoolEvents, SpawnContext};
use crate::sched::cpus::{self, Pinned, Plan};
use crate::sched::queue::Queue;
use crate::sched::wait::{SharpTimers, WaitAction, WaitPolicy};
use crate::sys::clock::{about_now_ns, now_ns};

/// Window memory that is present from the start, in bytes: the first images are placed without page
/// faults, which cost more than the placing.
const PREPARED_BYTES: u32 = 256 << 10;

/// Workers, the services that they run, and the jobs on their way. The calling thread is the
/// dispatcher: it is pinned to a processor while the node lives, and the workers die with it, so a
/// node stays on the thread that started it. Dropping it kills the workers.
///
/// ```no_run
/// use mote_dispatcher::{Heap, Job, Mode, Node, NodeConfig};
///
/// let mut node = Node::start(&NodeConfig::default())?;
/// let hello = node.deploy("hello", std::fs::read("hello.image")?)?;
/// let job = Job {
///     service: hello,
///     body: b"world",
///     mode: Mode::Guarded,
///     heap: Heap::Bump,
///     budget_us: 1_000,
///     grace_us: 1_000,
///     memory_kib: 1_024,
/// };
/// println!("{}", node.invoke(job)?.outcome);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Node {
    // Dropped first: nothing may run when the zone goes.
    pool: WorkerPool,
    services: Services,
    queue: Queue,
    events: PoolEvents,
    /// Jobs submitted and not handed back.
    outstanding: usize,
    last_ticket: u64,
    arena_kib: u32,
    ban_after: Option<u32>,
    /// Whether jobs take turns.
    is_slicing: bool,
    wait_policy: WaitPolicy,
    plan: Plan,
    _pinned: Option<Pinned>,
    _timers: SharpTimers,
    /// Not `Send`: affinity, timers and the workers' lives belong to this thread.
    _thread: PhantomData<*const ()>,
}

impl Node {
    /// Starts a node, and returns when all its workers are ready.
    ///
    /// # Errors
    /// The configuration is outside its limits, the machine lacks something (Linux 5.16, /proc), or a
    /// worker does not start; the message says which, and how far it came.
    pub fn start(config: &NodeConfig) -> Result<Self, NodeError> {
        requirements::check()?;
        config.check()?;
        let imports = program::imports(program::PROGRAM)?;
        let mut zones = Zones::new(config.zones, &imports, config.workers)?;
        zones.prepare(PREPARED_BYTES);
        let allowed =
            cpus::allowed().map_err(NodeError::system("read this thread's processors"))?;
        let plan = Plan::new(&allowed, config.workers);
        let pinned = plan.dispatcher.map(Pinned::to).transpose();
        let pinned = pinned.map_err(NodeError::system("pin this thread to a processor"))?;
        let timers =
            SharpTimers::set().map_err(NodeError::system("set this thread's timer slack"))?;
        let pool = WorkerPool::start(spawn_context(config, &zones)?, &plan)?;
        Ok(Self {
            pool,
            services: Services::new(zones),
            queue: Queue::new(config.queue_limit),
            events: PoolEvents::default(),
            outstanding: 0,
            last_ticket: 0,
            arena_kib: config.arena_kib,
            ban_after: config.ban_after,
            is_slicing: config.slice_us.is_some(),
            wait_policy: WaitPolicy {
                may_spin: plan.may_spin(),
                spin_ns: u64::from(config.spin_us) * 1_000,
            },
            plan,
            _pinned: pinned,
            _timers: timers,
            _thread: PhantomData,
        })
    }

    /// Takes in an image, called `name` in messages: parses and checks it, and keeps what placing
    /// needs. It is not resident yet.
    ///
    /// # Errors
    /// The bytes are not an image, or not one that may run here.
    pub fn deploy(&mut self, name: &str, image: Vec<u8>) -> Result<ServiceId, DeployError> {
        self.services.deploy(name, &image)
    }

    /// The name that a service was deployed under; `None` if it is not one of this node's.
    #[must_use]
    pub fn service_name(&self, service: ServiceId) -> Option<&str> {
        self.services.name(service)
    }

    /// What is remembered of a service since it was deployed; `None` if it is not one of this node's.
    #[must_use]
    pub fn service_statistics(&self, service: ServiceId) -> Option<ServiceStatistics> {
        self.services.record(service)
    }

    /// Makes a service resident, so that its next invocation is warm. Does nothing if it is.
    ///
    /// # Errors
    /// There is no such service, or no room for it in the zone.
    pub fn place(&mut self, service: ServiceId) -> Result<(), PlaceError> {
        self.services.place(service)
    }

    /// Frees a service's place in the zone; its next invocation is cold. Does nothing if it has none.
    ///
    /// # Errors
    /// There is no such service, or jobs of it have not been handed back.
    pub fn evict(&mut self, service: ServiceId) -> Result<(), PlaceError> {
        self.services.evict(service)
    }

    /// Takes a job: gives it to the worker that has the fewest, or queues it. Places its service
    /// first, if that is not resident.
    ///
    /// # Errors
    /// A limit of the job or of the queue is passed, its service is unknown, banned or cannot be
    /// placed, or no worker is left. Nothing has been done then.
    pub fn submit(&mut self, job: Job<'_>) -> Result<Ticket, SubmitError> {
        job.check(self.arena_kib)?;
        self.services.check_ban(job.service)?;
        let is_resident = self.services.is_resident(job.service)?;
        let now_ns = about_now_ns();
        if self.pool.is_checkup_due(now_ns) {
            self.turn(now_ns);
        }
        if let Some(why) = self.pool.abandoned() {
            return Err(SubmitError::NoWorkers { why });
        }
        let can_publish = self.queue.is_empty() && self.pool.freest().is_some();
        if !can_publish {
            self.queue.check_room()?;
        }
        let cold_ns = if is_resident { None } else { Some(self.place_cold(job.service)?) };
        let request = self.request(&job, cold_ns.filter(|_| can_publish));
        if can_publish {
            self.publish(request, job.body);
        } else {
            self.queue.push(request, job.body, now_ns);
        }
        Ok(request.ticket)
    }

    /// One turn of the dispatcher's loop: takes what has ended, enforces deadlines, feeds workers.
    /// Never blocks. `None` when nothing has ended.
    pub fn poll(&mut self) -> Option<Completed> {
        if self.events.ended.is_empty() {
            self.turn(about_now_ns());
        }
        let completed = self.deliver(0);
        if completed.is_none() && !self.wait_policy.may_spin {
            // The one processor is the worker's too, and the caller may be polling in a loop.
            std::thread::yield_now();
        }
        completed
    }

    /// Waits until an invocation ends. Spins, then sleeps. `None` when none is outstanding.
    pub fn wait(&mut self) -> Option<Completed> {
        self.wait_for(|_| true)
    }

    /// Submits a job and waits for it. What else ends meanwhile is kept for [`Node::poll`] and
    /// [`Node::wait`].
    ///
    /// # Errors
    /// As [`Node::submit`].
    pub fn invoke(&mut self, job: Job<'_>) -> Result<Completed, SubmitError> {
        let ticket = self.submit(job)?;
        let completed = self.wait_for(|completed| completed.ticket == ticket);
        Ok(completed.expect("a submitted job ends, as its worker or its loss at the latest"))
    }

    /// The worker processes, in the order of their numbers. One that is being replaced is left out.
    #[must_use]
    pub fn worker_pids(&self) -> Vec<u32> {
        self.pool.pids()
    }

    /// Signals that reached the workers there are now and were not for what ran then: late ones, early
    /// ones, and those that somebody else sent. They change nothing.
    #[must_use]
    pub fn stale_signals(&self) -> u64 {
        self.pool.stale_signals()
    }

    /// The processor of each worker; `None` for one that runs anywhere.
    #[must_use]
    pub fn worker_cpus(&self) -> Vec<Option<u32>> {
        self.pool.cpus()
    }

    /// The processor that the dispatcher is pinned to; `None` when there is only one.
    #[must_use]
    pub fn dispatcher_cpu(&self) -> Option<u32> {
        self.plan.dispatcher
    }

    /// Places a service that is not resident; returns the time before that.
    fn place_cold(&mut self, service: ServiceId) -> Result<u64, PlaceError> {
        let before_ns = now_ns();
        self.services.place(service)?;
        Ok(before_ns)
    }

    fn request(&mut self, job: &Job<'_>, cold_ns: Option<u64>) -> Request {
        self.last_ticket += 1;
        self.outstanding += 1;
        self.services.submitted(job.service);
        Request { ticket: Ticket(self.last_ticket), spec: job.spec(), cold_ns }
    }

    fn publish(&mut self, request: Request, body: &[u8]) {
        let worker = self.pool.freest().expect("the caller saw that a worker has room");
        let invoke = self.services.invoke(&request.spec, worker.number);
        let invoke = invoke.expect("a service with jobs stays resident");
        worker.publish(request, invoke, body);
    }

    fn turn(&mut self, now_ns: u64) {
        let known = self.events.ended.len();
        self.pool.turn(now_ns, &mut self.events);
        for completed in self.events.ended.range(known..) {
            self.services.note(completed, self.ban_after);
        }
        self.queue.take_back(&mut self.events.orphans);
        if self.queue.is_empty() && !(self.is_slicing && self.pool.has_paused()) {
            return;
        }
        if let Some(why) = self.pool.abandoned() {
            self.events.ended.extend(self.queue.drain_lost(&why));
        }
        while self.feed() {}
    }

    /// Gives one more job to a worker that has room, or a paused one its turn: whichever waits longer.
    /// False if there is none, or no room.
    fn feed(&mut self) -> bool {
        if self.is_slicing
            && let Some((worker, spec)) = self.pool.next_turn(self.queue.first_ns())
        {
            let invoke = self.services.invoke(&spec, worker.number);
            worker.resume(invoke.expect("a service with jobs stays resident"));
            return true;
        }
        if self.pool.freest().is_none() {
            return false;
        }
        let Some(next) = self.queue.pop() else { return false };
        self.publish(next.request, &next.body);
        true
    }

    fn wait_for(&mut self, is_wanted: impl Fn(&Completed) -> bool) -> Option<Completed> {
        let mut seen = 0;
        let mut fruitful_ns = None;
        loop {
            if let Some(found) = self.events.ended.iter().skip(seen).position(&is_wanted) {
                return self.deliver(seen + found);
            }
            if self.outstanding == self.events.ended.len() {
                return None;
            }
            let now_ns = about_now_ns();
            if seen != self.events.ended.len() {
                fruitful_ns = Some(now_ns);
            }
            seen = self.events.ended.len();
            self.turn(now_ns);
            if seen == self.events.ended.len() {
                self.rest(now_ns, *fruitful_ns.get_or_insert(now_ns));
            }
        }
    }

    fn rest(&self, now_ns: u64, fruitful_ns: u64) {
        let deadline_in_ns = self.pool.deadline_ns().map(|at_ns| at_ns.saturating_sub(now_ns));
        match self.wait_policy.rest(now_ns - fruitful_ns, deadline_in_ns) {
            // A turn takes about as long as a `pause`, and nobody shares this processor.
            WaitAction::Spin => {}
            WaitAction::Sleep => self.pool.sleep(now_ns, self.wait_policy.lead_ns()),
        }
    }

    #[inline]
    fn deliver(&mut self, position: usize) -> Option<Completed> {
        let ended = &mut self.events.ended;
        let completed = if position == 0 { ended.pop_front() } else { ended.remove(position) }?;
        self.outstanding -= 1;
        self.services.delivered(completed.service);
        Some(completed)
    }
}

fn spawn_context(config: &NodeConfig, zones: &Zones) -> Result<SpawnContext, NodeError> {
    let program = program_file("mote-worker", program::PROGRAM);
    let program =
        program.map_err(NodeError::system("put the worker program into a memory file"))?;
    let windows =
        (0..config.workers).map(|worker| zones.files(worker)).collect::<Result<_, _>>()?;
    Ok(SpawnContext { config: config.clone(), program, windows })
}
