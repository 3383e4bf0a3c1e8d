//! Our contender: a node with one worker and many copies of a service.

use anyhow::anyhow;
use mote_abi::area::RING_ENTRIES;
use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, Node, NodeConfig, ServiceId, now_ns};

use super::mailbox::Samples;
use super::place;
use super::random::Random;
use crate::report::latency::Times;
use crate::status::{Failure, OrStatus as _, Status};

/// What one invocation may allocate, in KiB.
const MEMORY_KIB: u32 = 4096;
/// A budget that nothing reaches that is not to be killed, in microseconds.
const AMPLE_US: u32 = 1_000_000;

/// The node and its services.
pub(super) struct Stage {
    pub(super) node: Node,
    pub(super) services: Vec<ServiceId>,
    image: Vec<u8>,
}

impl Stage {
    /// Starts a node with one worker, for copies of this image.
    pub(super) fn start(image: &[u8]) -> Result<Self, Failure> {
        Self::start_with(image, 1)
    }

    /// The same with so many zones.
    pub(super) fn start_with(image: &[u8], zones: usize) -> Result<Self, Failure> {
        let config = NodeConfig {
            workers: 1,
            zones,
            depth: RING_ENTRIES,
            // Long enough to be awake through a round, short enough to sleep through the others'.
            spin_us: 500,
            ..NodeConfig::default()
        };
        let node =
            Node::start(&config).or_status(Status::NodeFailed, || "the node does not start")?;
        Ok(Self { node, services: Vec::new(), image: image.to_vec() })
    }

    /// Deploys and places copies until there are `count`.
    pub(super) fn fill(&mut self, count: usize) -> Result<(), Failure> {
        while self.services.len() < count {
            let name = format!("copy {}", self.services.len());
            let service = self
                .node
                .deploy(&name, self.image.clone())
                .or_status(Status::BadImage, || "the loader refuses a bundled service")?;
            self.node
                .place(service)
                .or_status(Status::NodeFailed, || format!("no place for {name}"))?;
            self.services.push(service);
        }
        Ok(())
    }

    /// Runs every copy once: its pages are in the worker's tables from then on.
    pub(super) fn visit(&mut self) -> Result<(), Failure> {
        (0..self.services.len()).try_for_each(|index| self.invoke(self.job(index, b"")).map(|_| ()))
    }

    /// A job of copy `index` that nobody stops.
    pub(super) fn job<'a>(&self, index: usize, body: &'a [u8]) -> Job<'a> {
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
    pub(super) fn invoke(&mut self, job: Job<'_>) -> Result<Completed, Failure> {
        let completed = self.run(job)?;
        answered(&completed)?;
        Ok(completed)
    }

    /// Runs it, however it ends.
    pub(super) fn run(&mut self, job: Job<'_>) -> Result<Completed, Failure> {
        self.node.invoke(job).or_status(Status::NodeFailed, || "the node refuses the request")
    }

    /// Invokes the copies that `next` names, one after the other.
    pub(super) fn warm(
        &mut self,
        (warm_up, samples): Samples,
        times: &mut Times,
        mut next: impl FnMut() -> usize,
    ) -> Result<(), Failure> {
        for sample in 0..warm_up + samples {
            let completed = self.invoke(self.job(next(), b""))?;
            if sample >= warm_up {
                times.add(own_stamp_ns(&completed)?);
            }
        }
        Ok(())
    }

    /// Takes copies at random out and invokes them, one after the other: the time includes placing.
    pub(super) fn cold(
        &mut self,
        (warm_up, samples): Samples,
        times: &mut Times,
        random: &mut Random,
    ) -> Result<(), Failure> {
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
    pub(super) fn saturate(
        &mut self,
        (warm_up, samples): Samples,
        times: &mut Times,
        random: &mut Random,
    ) -> Result<(u64, u64), Failure> {
        let (mut submitted, mut start_ns) = (0, now_ns());
        let all = warm_up + samples;
        // The histogram takes longer than a part of an invocation: it gets them afterwards.
        let mut taken_ns = Vec::with_capacity(samples as usize);
        for ended in 0..all {
            while submitted < all.min(ended + RING_ENTRIES as u64) {
                let job = self.job(random.below(self.services.len()), b"");
                let submit = self.node.submit(job);
                submit.or_status(Status::NodeFailed, || "the node refuses the request")?;
                submitted += 1;
            }
            let completed = self.node.wait();
            let completed = completed.ok_or_else(|| anyhow!("the node has lost a job"))?;
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
    pub(super) fn evict(&mut self, index: usize) -> Result<(), Failure> {
        let service = self.services[index];
        self.node.evict(service).or_status(Status::NodeFailed, || "a copy cannot be evicted")
    }

    /// The memory of dispatcher and workers, in bytes.
    pub(super) fn memory_bytes(&self) -> anyhow::Result<u64> {
        place::memory_bytes(self.node.worker_pids().into_iter().chain([std::process::id()]))
    }

    /// The worker's mappings.
    pub(super) fn mappings(&self) -> anyhow::Result<usize> {
        let pid = self.node.worker_pids().first().copied();
        place::mappings(pid.ok_or_else(|| anyhow!("the worker is gone"))?)
    }
}

/// Refuses an invocation that did not end well: its time would mean nothing.
pub(super) fn answered(completed: &Completed) -> Result<(), Failure> {
    if completed.outcome == Outcome::Ok {
        return Ok(());
    }
    let (outcome, error) = (completed.outcome, completed.error.as_deref().unwrap_or("no reason"));
    let error = anyhow!("a measured invocation ended as {outcome}: {error}");
    Err(Failure { status: Status::NodeFailed, error })
}

/// From the dispatcher's stamp to the one in the answer of the service.
pub(super) fn own_stamp_ns(completed: &Completed) -> Result<u64, Failure> {
    let stamp_ns = number(completed)?;
    Ok(stamp_ns.saturating_sub(completed.stamp_ns))
}

/// The answer of a service, as the number that it is.
pub(super) fn number(completed: &Completed) -> Result<u64, Failure> {
    answered(completed)?;
    let bytes = completed.body.as_slice().try_into();
    let bytes =
        bytes.map_err(|_| anyhow!("an answer of {} bytes is no time", completed.body.len()))?;
    Ok(u64::from_le_bytes(bytes))
}
