//! Ready spares: workers that are started, locked down and waiting, each for one slot. One takes a worker's place when
//! that is replaced, or has died. Where a slot is to have none, one is started when it is needed.
//!
//! ```text
//!  take ◀── ready ◀── starting ◀── Started ──┐
//!   │                                        │ a thread of its own: starting a process and seeing to the end
//!   └─ refill ── Start ─────────────────────▶│ of one take as long as hundreds of invocations
//!      retire ── Retire ────────────────────▶┘
//! ```
//!
//! A spare has areas of its own and the windows of its slot, so it never shares memory that can be written with
//! the worker that it replaces. It does not spin before it serves.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use crate::pool::error::{Cause, StartError};
use crate::pool::spawn::{SpawnContext, start_worker};
use crate::pool::start::{self, Duty, START_LIMIT_NS};
use crate::pool::worker::Worker;
use crate::sched::cpus::{self, Post};
use crate::sys::scheduling;

/// Before another start, when one failed.
const RETRY_AFTER_NS: u64 = 10_000_000;

/// Between two questions whether one still starts: each is a call to the kernel.
const HEALTH_INTERVAL_NS: u64 = 1_000_000;

/// What the thread is asked.
#[derive(Debug)]
enum Errand {
    Start { number: usize },
    Retire(Box<Worker>),
}

#[derive(Debug)]
struct Started {
    number: usize,
    worker: io::Result<Worker>,
}

/// The spares of all slots.
#[derive(Debug)]
pub(crate) struct Spares {
    slots: Vec<SlotSpares>,
    /// Spares that each slot is to have.
    count: usize,
    /// Workers that were replaced, until the next tick: telling the thread takes time.
    retired: Vec<Worker>,
    errands: Option<Sender<Errand>>,
    started: Receiver<Started>,
    thread: Option<JoinHandle<()>>,
}

/// The spares of one slot, in the order of their starts.
#[derive(Debug, Default)]
struct SlotSpares {
    spares: VecDeque<Spare>,
    asked_for: usize,
    not_before_ns: u64,
    /// Whether nobody serves in the slot.
    is_wanted: bool,
    /// Why the last start failed.
    failure: Option<StartError>,
}

#[derive(Debug)]
struct Spare {
    worker: Worker,
    /// When it is given up, unless it is ready.
    give_up_ns: u64,
    /// When it is asked next whether it still starts.
    health_ns: u64,
}

impl Spare {
    fn is_ready(&self) -> bool {
        start::is_ready(&self.worker.areas.outbox().status)
    }

    /// Why it will not become ready, if that is known.
    fn failure(&mut self, now_ns: u64) -> Option<StartError> {
        if self.is_ready() || now_ns < self.health_ns {
            return None;
        }
        self.health_ns = now_ns + HEALTH_INTERVAL_NS;
        let too_slow = || (now_ns >= self.give_up_ns).then(|| Cause::SlowStart.into());
        let exit = self.worker.exit_reason().or_else(too_slow)?;
        Some(self.worker.not_ready(exit))
    }
}

impl SlotSpares {
    /// How many more are to be started, if `count` are to be there.
    fn missing(&self, count: usize) -> usize {
        let wanted = count.max(usize::from(self.is_wanted));
        wanted.saturating_sub(self.spares.len() + self.asked_for)
    }

    fn failed(&mut self, now_ns: u64, failure: StartError) {
        self.failure = Some(failure);
        self.not_before_ns = now_ns + RETRY_AFTER_NS;
    }

    /// Takes out those that will not become ready.
    fn give_up(&mut self, now_ns: u64) -> Vec<Worker> {
        let mut given_up = Vec::new();
        for mut spare in std::mem::take(&mut self.spares) {
            match spare.failure(now_ns) {
                None => self.spares.push_back(spare),
                Some(failure) => {
                    self.failed(now_ns, failure);
                    given_up.push(spare.worker);
                }
            }
        }
        given_up
    }
}

impl Spares {
    /// Spares for the slots at `posts`, in the order of their numbers. None is there yet.
    pub(crate) fn start(context: Arc<SpawnContext>, posts: Vec<Post>) -> io::Result<Self> {
        let (errands, asked) = mpsc::channel();
        let (to, started) = mpsc::channel();
        let count = context.config.sharing.spares(context.config.spares);
        let slots = posts.iter().map(|_| SlotSpares::default()).collect();
        let run = move || serve(&context, &posts, &asked, &to);
        let thread = thread::Builder::new().name("mote-spares".to_owned()).spawn(run)?;
        let (errands, thread) = (Some(errands), Some(thread));
        Ok(Self { slots, count, retired: Vec::new(), errands, started, thread })
    }

    /// Takes in what was started, and asks for as many as are missing.
    pub(crate) fn tick(&mut self, now_ns: u64) {
        while let Ok(Started { number, worker }) = self.started.try_recv() {
            let slot = &mut self.slots[number];
            slot.asked_for -= 1;
            match worker {
                Ok(worker) => {
                    let (give_up_ns, health_ns) = (now_ns + START_LIMIT_NS, now_ns);
                    slot.spares.push_back(Spare { worker, give_up_ns, health_ns });
                }
                Err(source) => slot.failed(now_ns, StartError::spawn(source)),
            }
        }
        // The thread is there as long as this is, so all that is sent arrives.
        let Some(errands) = &self.errands else { return };
        for worker in self.retired.drain(..) {
            let _sent = errands.send(Errand::Retire(Box::new(worker)));
        }
        for (number, slot) in self.slots.iter_mut().enumerate() {
            self.retired.extend(slot.give_up(now_ns));
            let missing = slot.missing(self.count);
            if missing == 0 || now_ns < slot.not_before_ns {
                continue;
            }
            slot.asked_for += missing;
            (0..missing).for_each(|_| drop(errands.send(Errand::Start { number })));
        }
    }

    /// Whether slot `number` has a spare that is ready.
    pub(crate) fn has_ready(&self, number: usize) -> bool {
        self.slots[number].spares.iter().any(Spare::is_ready)
    }

    /// How many spares are ready.
    pub(crate) fn ready(&self) -> usize {
        self.slots.iter().flat_map(|slot| &slot.spares).filter(|spare| spare.is_ready()).count()
    }

    /// Whether there are fewer than there are to be.
    pub(crate) fn is_short(&self) -> bool {
        self.ready() < self.slots.len() * self.count
    }

    /// Has a spare started for slot `number`, where nobody serves, unless one is under way.
    pub(crate) fn want(&mut self, number: usize) {
        let slot = &mut self.slots[number];
        if !std::mem::replace(&mut slot.is_wanted, true) {
            // What failed before is not what failed for this.
            slot.failure = None;
        }
    }

    /// Why the last start for slot `number` failed.
    pub(crate) fn take_failure(&mut self, number: usize) -> Option<StartError> {
        self.slots[number].failure.take()
    }

    /// A ready spare of slot `number`.
    pub(crate) fn take(&mut self, number: usize) -> Option<Worker> {
        let slot = &mut self.slots[number];
        loop {
            let ready = slot.spares.iter().position(Spare::is_ready)?;
            let mut worker = slot.spares.remove(ready)?.worker;
            // One that died meanwhile must not cost a job.
            if worker.exit_reason().is_none() {
                slot.is_wanted = false;
                return Some(worker);
            }
        }
    }

    /// Ends a worker that was replaced. Until it is gone it runs only when its processor has nothing else to do,
    /// so that it delays nobody, whatever it does.
    pub(crate) fn retire(&mut self, worker: Worker) {
        // Where it is refused, the two share the processor until the worker is gone.
        let _refused = scheduling::make_idle(worker.process.pid());
        self.retired.push(worker);
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        self.errands = None;
        if let Some(thread) = self.thread.take() {
            // It panics only if it has a defect; then there is nothing that could be done here.
            let _panicked = thread.join();
        }
    }
}

/// Does errands until nobody has any. The workers that it starts die with this thread.
fn serve(
    context: &SpawnContext,
    posts: &[Post],
    errands: &Receiver<Errand>,
    started: &Sender<Started>,
) {
    // The dispatcher's thread has a processor for itself.
    let _refused = cpus::unpin(&context.cpus);
    for errand in errands {
        match errand {
            Errand::Start { number } => {
                let worker = start_worker(context, number, posts[number], Duty::Spare);
                // Whoever asked may be gone; then the worker ends here.
                let _gone = started.send(Started { number, worker });
            }
            Errand::Retire(worker) => drop(worker),
        }
    }
}
