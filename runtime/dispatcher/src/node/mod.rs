//! A node: the one thing that users of this crate hold.
//!
//! ```text
//!  submit ─▶ free line ─▶ enter image, publish ────────────▶ tick ─▶ finished ─▶ poll, wait, invoke
//!               │ there is none            ▲                  │
//!               └──────▶ queue ────────────┤                  │
//!                                          ├──── orphans ◀────┤ (their worker is gone)
//!                                          └──── paused  ◀────┘ (they go on, on their worker)
//! ```
//!
//! Nothing happens between calls: deadlines are enforced while the caller is in [`Node::poll`] or
//! [`Node::wait`].

mod batches;
pub(crate) mod error;
mod finished;
pub(crate) mod requirements;
mod services;
mod stops;
mod submission;
mod tick;
mod upstreams;
pub(crate) mod waker;

use std::marker::PhantomData;
use std::sync::Arc;

use crate::config::NodeConfig;
use crate::images::admission::Admission;
use crate::images::services::Services;
use crate::images::zones::Zones;
use crate::isolation::enclosure::Enclosure;
use crate::isolation::undumpable::Undumpable;
use crate::job::completed::Completed;
use crate::job::spec::Job;
use crate::journal::Journal;
use crate::node::error::{NodeError, SubmitError};
use crate::node::finished::Finished;
use crate::node::waker::Waker;
use crate::pool::WorkerPool;
use crate::pool::bell::Bell;
use crate::pool::program;
use crate::pool::sleep::Alarm;
use crate::pool::slot::PoolEvents;
use crate::pool::spawn::SpawnContext;
use crate::sched::cpus::{self, Pinned, Plan};
use crate::sched::queue::Queue;
use crate::sched::queue::shares::Shares;
use crate::sched::wait::{SharpTimers, WaitPolicy};
use crate::sys::clock::about_now_ns;
use crate::sys::memory_file::program_file;
use crate::upstream::Upstreams;

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
    finished: Finished,
    journal: Journal,
    upstreams: Upstreams,
    bell: Arc<Bell>,
    last_ticket: u64,
    longest_tick_ns: u64,
    arena_kib: u32,
    ban_after: Option<u32>,
    admission: Admission,
    /// Whether jobs may be suspended: by time slices, or while they wait for upstreams.
    may_suspend: bool,
    /// Where a worker serves one tenant: how long its jobs may overtake others'.
    batch_ns: Option<u64>,
    wait_policy: WaitPolicy,
    plan: Plan,
    _pinned: Option<Pinned>,
    _timers: SharpTimers,
    _undumpable: Option<Undumpable>,
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
        let undumpable = (!config.is_dumpable).then(Undumpable::new).transpose();
        let undumpable = undumpable.map_err(NodeError::system("keep this process from dumps"))?;
        let pinned = plan.dispatcher.map(Pinned::to).transpose();
        let pinned = pinned.map_err(NodeError::system("pin this thread to a processor"))?;
        let timers =
            SharpTimers::set().map_err(NodeError::system("set this thread's timer slack"))?;
        let bell = Arc::new(Bell::default());
        let pool = WorkerPool::start(spawn_context(config, &zones, allowed)?, &plan)?;
        Ok(Self {
            pool,
            services: Services::new(zones, u64::from(config.images_kib) << 10),
            queue: Queue::new(config.queue_limit, Shares::new(config.tenants.iter().copied())),
            events: PoolEvents::default(),
            finished: Finished::default(),
            journal: Journal::default(),
            upstreams: Upstreams::new(
                Arc::clone(&bell),
                u64::from(config.wait_limit_ms) * 1_000_000,
            ),
            bell,
            last_ticket: 0,
            longest_tick_ns: 0,
            arena_kib: config.arena_kib,
            ban_after: config.ban_after,
            admission: Admission::new(config),
            may_suspend: config.slicing().is_some(),
            batch_ns: config.batch_ns(),
            wait_policy: WaitPolicy {
                may_spin: plan.may_spin(),
                spin_ns: u64::from(config.spin_us) * 1_000,
            },
            plan,
            _pinned: pinned,
            _timers: timers,
            _undumpable: undumpable,
            _thread: PhantomData,
        })
    }

    /// One tick of the dispatcher's loop: takes what has ended, enforces deadlines, feeds workers.
    /// Never blocks. `None` when nothing has ended.
    pub fn poll(&mut self) -> Option<Completed> {
        if self.finished.len() == 0 {
            self.tick(about_now_ns());
        }
        let completed = self.finished.pop();
        if completed.is_none() && !self.wait_policy.may_spin {
            // The one processor is the worker's too, and the caller may be polling in a loop.
            std::thread::yield_now();
        }
        completed
    }

    /// Waits until an invocation ends. Spins, then sleeps. `None` when none is outstanding.
    pub fn wait(&mut self) -> Option<Completed> {
        self.tick_until(None, |node| match node.finished.pop() {
            None if node.journal.open() > 0 => None,
            ended => Some(ended),
        })
    }

    /// Waits until an invocation ends, or else (`None`) until a [`Waker`] of this node wakes it, or until
    /// `until_ns` on the node's clock ([`now_ns`](crate::now_ns)). Meanwhile deadlines are kept and dead workers replaced, and nothing to do costs no processor: what a thread
    /// that owns a node, and is told by others what to do, waits with.
    ///
    /// ```no_run
    /// use std::sync::mpsc::{self, TryRecvError};
    /// use mote_dispatcher::{Completed, Job, Node};
    ///
    /// fn serve(mut node: Node, jobs: mpsc::Receiver<Job<'static>>, done: impl Fn(Completed)) {
    ///     loop {
    ///         // Whoever sends a job calls `wake` after that.
    ///         match jobs.try_recv() {
    ///             Ok(job) => drop(node.submit(job)),
    ///             Err(TryRecvError::Empty) => drop(node.wait_or_wake(u64::MAX).map(&done)),
    ///             Err(TryRecvError::Disconnected) => return,
    ///         }
    ///     }
    /// }
    /// ```
    pub fn wait_or_wake(&mut self, until_ns: u64) -> Option<Completed> {
        let bell = Arc::clone(&self.bell);
        let alarm = Alarm { bell: Some(&bell), until_ns };
        self.tick_until(Some(alarm), |node| match node.finished.pop() {
            None if !bell.take() && about_now_ns() < until_ns => None,
            ended => Some(ended),
        })
    }

    /// What wakes this node's thread.
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker::new(Arc::clone(&self.bell))
    }

    /// Submits a job and waits for it. What else ends meanwhile is kept for [`Node::poll`] and
    /// [`Node::wait`].
    ///
    /// # Errors
    /// As [`Node::submit`].
    pub fn invoke(&mut self, job: Job<'_>) -> Result<Completed, SubmitError> {
        let ticket = self.submit(job)?;
        let mut seen = 0;
        Ok(self.tick_until(None, |node| {
            let found = node.finished.take(ticket, seen);
            seen = node.finished.len();
            found
        }))
    }

    /// The longest time that one tick took, in nanoseconds, with what the kernel gave to others meanwhile.
    #[must_use]
    pub fn longest_tick_ns(&self) -> u64 {
        self.longest_tick_ns
    }

    /// How many images are in memory, without retired ones.
    #[must_use]
    pub fn images_resident(&self) -> u64 {
        self.services.resident()
    }

    /// How many images were unloaded because others needed the room.
    #[must_use]
    pub fn images_unloaded(&self) -> u64 {
        self.services.unloaded()
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

    /// With [`Sharing::Tenant`](crate::Sharing::Tenant): how many spares are ready to take a worker's place.
    #[must_use]
    pub fn ready_spares(&self) -> usize {
        self.pool.ready_spares()
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
}

fn spawn_context(
    config: &NodeConfig,
    zones: &Zones,
    cpus: Vec<u32>,
) -> Result<SpawnContext, NodeError> {
    let program = program_file("mote-worker", program::PROGRAM);
    let program =
        program.map_err(NodeError::system("put the worker program into a memory file"))?;
    let windows =
        (0..config.workers).map(|worker| zones.files(worker)).collect::<Result<_, _>>()?;
    let text = program::text(program::PROGRAM)?;
    let enclosure = Enclosure::prepare(&config.without_layers, &text);
    let enclosure = enclosure.map_err(NodeError::system("prepare the isolation of workers"))?;
    Ok(SpawnContext { config: config.clone(), cpus, program, windows, enclosure })
}
