//! Our contender: a node with one worker and many copies of a service.

use mote_abi::area::RING_ENTRIES;
use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Deployment, Job, Node, NodeConfig, ServiceId, now_ns};

use super::copies::Copies;
use super::mailbox::Samples;
use super::place;
use crate::error::Error;
use crate::random::Random;
use crate::stats::latency::Times;

/// What one invocation may allocate, in KiB.
const MEMORY_KIB: u32 = 4096;
/// A budget that nothing reaches that is not to be killed, in microseconds.
const AMPLE_US: u32 = 1_000_000;

/// The node and its services.
pub(crate) struct BenchNode {
    pub(crate) node: Node,
    pub(crate) services: Vec<ServiceId>,
    copies: Copies,
}

/// Copies that are verified at once, and in memory until they are placed.
const BATCH: usize = 64;

impl BenchNode {
    /// Starts a node with one worker, for copies of this image.
    pub(crate) fn start(image: &[u8]) -> Result<Self, Error> {
        Self::start_with(image, 1)
    }

    /// The same with so many zones.
    pub(crate) fn start_with(image: &[u8], zones: usize) -> Result<Self, Error> {
        Self::start_as(image, |config| NodeConfig { zones, ..config })
    }

    /// The same with what `change` makes of the usual configuration.
    pub(crate) fn start_as(
        image: &[u8],
        change: impl FnOnce(NodeConfig) -> NodeConfig,
    ) -> Result<Self, Error> {
        let config = NodeConfig {
            workers: 1,
            depth: RING_ENTRIES,
            // Long enough to be awake through a round, short enough to sleep through the others'.
            spin_us: 500,
            ..NodeConfig::default()
        };
        let node = Node::start(&change(config))?;
        Ok(Self { node, services: Vec::new(), copies: Copies::new(image) })
    }

    /// Deploys and places copies until there are `count`.
    pub(crate) fn fill(&mut self, count: usize) -> Result<(), Error> {
        while self.services.len() < count {
            let begin = self.services.len();
            for (name, image) in self.copies.verified(begin..count.min(begin + BATCH))? {
                let service = self.node.install(Deployment::new(&name), image)?;
                self.node.place(service)?;
                self.services.push(service);
            }
        }
        Ok(())
    }

    /// Runs every copy once: its pages are in the worker's tables from then on. Each that has a number must
    /// answer with its own.
    pub(crate) fn visit(&mut self) -> Result<(), Error> {
        for index in 0..self.services.len() {
            let completed = self.invoke(self.job(index, b"which one?"))?;
            let (wanted, found) = (index as u64, number(&completed)?);
            if self.copies.are_numbered() && found != wanted {
                return Err(Error::OtherCopy { wanted, found });
            }
        }
        Ok(())
    }

    /// A job of copy `index` that nobody stops.
    pub(crate) fn job<'a>(&self, index: usize, body: &'a [u8]) -> Job<'a> {
        Job {
            service: self.services[index],
            body,
            mode: Mode::Guarded,
            heap: Heap::Bump,
            budget_us: AMPLE_US,
            grace_us: AMPLE_US,
            memory_kib: MEMORY_KIB,
        }
    }

    /// Runs it, and insists that it ends well.
    pub(crate) fn invoke(&mut self, job: Job<'_>) -> Result<Completed, Error> {
        let completed = self.run(job)?;
        ended_as(Outcome::Ok, &completed)?;
        Ok(completed)
    }

    /// Runs it, however it ends.
    pub(crate) fn run(&mut self, job: Job<'_>) -> Result<Completed, Error> {
        Ok(self.node.invoke(job)?)
    }

    /// Invokes the copies that `next` names, one after the other.
    pub(crate) fn warm(
        &mut self,
        (warm_up, samples): Samples,
        times: &mut Times,
        mut next: impl FnMut() -> usize,
    ) -> Result<(), Error> {
        for sample in 0..warm_up + samples {
            let completed = self.invoke(self.job(next(), b""))?;
            if sample >= warm_up {
                times.add(own_stamp_ns(&completed)?);
            }
        }
        Ok(())
    }

    /// Takes copies at random out and invokes them, one after the other: the time includes placing.
    pub(crate) fn cold(
        &mut self,
        (warm_up, samples): Samples,
        times: &mut Times,
        random: &mut Random,
    ) -> Result<(), Error> {
        for sample in 0..warm_up + samples {
            let index = random.below(self.services.len());
            self.evict(index)?;
            let completed = self.invoke(self.job(index, b""))?;
            if sample >= warm_up {
                times.add(own_stamp_ns(&completed)?);
            }
        }
        Ok(())
    }

    /// Always as many copies at random under way as the worker's ring has entries; returns how many, and
    /// how long they took in nanoseconds.
    pub(crate) fn saturate(
        &mut self,
        (warm_up, samples): Samples,
        times: &mut Times,
        random: &mut Random,
    ) -> Result<(u64, u64), Error> {
        let (mut submitted, mut start_ns) = (0, now_ns());
        let all = warm_up + samples;
        // The histogram takes longer than a part of an invocation: it gets them afterwards.
        let mut taken_ns = Vec::with_capacity(samples as usize);
        for ended in 0..all {
            while submitted < all.min(ended + RING_ENTRIES as u64) {
                let job = self.job(random.below(self.services.len()), b"");
                self.node.submit(job)?;
                submitted += 1;
            }
            let completed = self.node.wait().ok_or(Error::Lost)?;
            let stamp_ns = own_stamp_ns(&completed)?;
            if ended + 1 == warm_up {
                start_ns = now_ns();
            }
            if ended >= warm_up {
                taken_ns.push(stamp_ns);
            }
        }
        let all_ns = now_ns() - start_ns;
        taken_ns.into_iter().for_each(|one_ns| times.add(one_ns));
        Ok((samples, all_ns))
    }

    /// Takes copy `index` out of the windows.
    pub(crate) fn evict(&mut self, index: usize) -> Result<(), Error> {
        let service = self.services[index];
        Ok(self.node.evict(service)?)
    }

    /// The memory of dispatcher and workers, in bytes.
    pub(crate) fn memory_bytes(&self) -> Result<u64, Error> {
        place::memory_bytes(self.node.worker_pids().into_iter().chain([std::process::id()]))
    }

    /// The worker's mappings.
    pub(crate) fn mappings(&self) -> Result<usize, Error> {
        let pid = self.node.worker_pids().first().copied();
        place::mappings(pid.ok_or(Error::NoWorker)?)
    }
}

/// Refuses an invocation that ended otherwise than it was to: its time would mean nothing.
pub(crate) fn ended_as(wanted: Outcome, completed: &Completed) -> Result<(), Error> {
    match completed.outcome {
        outcome if outcome == wanted => Ok(()),
        outcome => Err(Error::Outcome { wanted, outcome, reason: completed.error.clone() }),
    }
}

/// From the dispatcher's stamp to the one in the answer of the service.
pub(crate) fn own_stamp_ns(completed: &Completed) -> Result<u64, Error> {
    let stamp_ns = number(completed)?;
    Ok(stamp_ns.saturating_sub(completed.stamp_ns))
}

/// The answer of a service, as the number that it is.
pub(crate) fn number(completed: &Completed) -> Result<u64, Error> {
    ended_as(Outcome::Ok, completed)?;
    let bytes = completed.body.as_slice().try_into();
    let bytes = bytes.map_err(|_| Error::NoStamp { bytes: completed.body.len() })?;
    Ok(u64::from_le_bytes(bytes))
}
