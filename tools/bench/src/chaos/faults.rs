//! What is done to a node while it serves.

use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use mote_dispatcher::{Change, Handle, NodeStatistics, ServiceId, VerifiedImage};
use rustix::process::{Pid, Signal, kill_process};

use crate::bundle::Bundled;
use crate::chaos::plan::{self, Random, SERVICES};
use crate::chaos::rings;
use crate::chaos::wire::Message;

/// What each fault is called.
pub(super) const NAMES: [&str; 6] =
    ["SIGKILL", "SIGSEGV", "SIGSTOP", "corrupted rings", "replaced images", "removed services"];

/// The longest time from one fault to the next.
const MOST_APART_US: u64 = 60_000;

/// The longest time that a worker is stopped.
const MOST_STOPPED_US: u64 = 20_000;

/// How long a worker that was killed may take to be replaced before nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who makes faults, and what is needed for them.
pub(super) struct Faults<'a> {
    pub(super) random: Random,
    pub(super) node: Handle,
    pub(super) workers: usize,
    pub(super) images: &'a [Bundled],
    /// As what each service is deployed.
    pub(super) ids: &'a Mutex<Vec<ServiceId>>,
}

impl Faults<'_> {
    /// Makes the next fault after a while.
    pub(super) fn next(&mut self, tell: &impl Fn(Message)) {
        sleep(Duration::from_micros(self.random.below(MOST_APART_US)));
        let kind = match self.random.below(20) {
            0..=7 => 0,
            8..=10 => 1,
            11..=13 => 2,
            14..=15 => 3,
            16..=17 => 4,
            _ => 5,
        };
        if self.make(kind, tell).is_some() {
            tell(Message::Fault { kind });
        }
    }

    fn make(&mut self, kind: u64, tell: &impl Fn(Message)) -> Option<()> {
        match kind {
            0 => tell(Message::Replaced { us: self.kill()? }),
            1 => self.signal(Signal::SEGV).map(drop)?,
            2 => {
                let pid = self.signal(Signal::STOP)?;
                sleep(Duration::from_micros(self.random.below(MOST_STOPPED_US)));
                kill_process(pid, Signal::CONT).ok()?;
            }
            3 => {
                let pid = self.any_worker()?.as_raw_nonzero().get().cast_unsigned();
                rings::corrupt(pid, &mut self.random).ok()?;
            }
            4 => self.replace()?,
            _ => self.remove()?,
        }
        Some(())
    }

    /// Kills a worker, and says how long it took until another served in its place.
    fn kill(&mut self) -> Option<u64> {
        let killed = self.signal(Signal::KILL)?.as_raw_nonzero().get().cast_unsigned();
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let pids = statistics(&self.node)?.worker_pids;
            if pids.len() == self.workers && !pids.contains(&killed) {
                return Some(begun.elapsed().as_micros() as u64);
            }
            sleep(Duration::from_micros(50));
        }
        None
    }

    fn signal(&mut self, signal: Signal) -> Option<Pid> {
        let pid = self.any_worker()?;
        kill_process(pid, signal).ok()?;
        Some(pid)
    }

    fn any_worker(&mut self) -> Option<Pid> {
        let pids = statistics(&self.node)?.worker_pids;
        let pid = pids.get(self.random.below(pids.len().max(1) as u64) as usize)?;
        Pid::from_raw(pid.cast_signed())
    }

    fn replace(&mut self) -> Option<()> {
        let service = self.any_service();
        let (image, id) = (self.image(service)?, self.id(service));
        self.change(Change::Replace { service: id, image }).map(drop)
    }

    /// Removes a service, and deploys it anew.
    fn remove(&mut self) -> Option<()> {
        let service = self.any_service();
        self.change(Change::Remove { service: self.id(service) })?;
        let installed = self.change(plan::install(service, self.image(service)?))?;
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)[service] = installed;
        Some(())
    }

    fn any_service(&mut self) -> usize {
        self.random.below(SERVICES as u64) as usize
    }

    fn id(&self, service: usize) -> ServiceId {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)[service]
    }

    fn image(&self, service: usize) -> Option<VerifiedImage> {
        verified(self.images, service)
    }

    fn change(&self, change: Change) -> Option<ServiceId> {
        changed(&self.node, change)
    }
}

/// The image that is deployed as `service`.
pub(super) fn verified(images: &[Bundled], service: usize) -> Option<VerifiedImage> {
    let bundled = images.iter().find(|bundled| bundled.name == plan::name(service))?;
    VerifiedImage::new(bundled.name, &bundled.image).ok()
}

/// What was changed, if it was.
pub(super) fn changed(node: &Handle, change: Change) -> Option<ServiceId> {
    let (to, answer) = mpsc::channel();
    node.change(change, move |result| drop(to.send(result)));
    answer.recv().ok()?.ok()
}

pub(super) fn statistics(node: &Handle) -> Option<NodeStatistics> {
    let (to, answer) = mpsc::channel();
    node.statistics(move |told| drop(to.send(told)));
    answer.recv().ok()?
}
