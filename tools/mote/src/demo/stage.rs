//! A node with every service deployed, and the floors of the machine below it.

use std::collections::BTreeMap;

use mote_dispatcher::{Completed, Job, Node, NodeConfig, ServiceId};

use super::bundle::Bundled;
use super::plan::{self, Case};
use crate::floors::{self, Cores, Floors};
use crate::machine::Machine;
use crate::run::repeat;
use crate::status::{Failure, OrStatus as _, Status};

/// What one invocation of the demo may allocate, in KiB.
const MEMORY_KIB: u32 = 1024;

/// The node, its services, and what was measured before they ran.
pub(super) struct Stage {
    node: Node,
    services: BTreeMap<&'static str, ServiceId>,
    /// What this machine is.
    pub(super) machine: Machine,
    /// Where the floors were measured.
    pub(super) cores: Option<Cores>,
    /// This machine's floors.
    pub(super) floors: Floors,
    /// The process that should answer everything.
    pub(super) worker_pid: Option<u32>,
    /// How often the worker was asked for the next answer.
    pub(super) asked: u64,
    /// How often it was the right answer, from that same process.
    pub(super) answered: u64,
}

impl Stage {
    /// Starts a node with one worker, measures the floors on its cores while it is idle, and deploys
    /// the images.
    pub(super) fn set_up(images: Vec<Bundled>) -> Result<Self, Failure> {
        let config = NodeConfig { workers: 1, depth: 1, ..NodeConfig::default() };
        // Before the node takes a core of its own, and leaves this thread that one alone.
        let machine = Machine::this();
        let mut node =
            Node::start(&config).or_status(Status::NodeFailed, || "the node does not start")?;
        let cores = cores(&node);
        let floors = floors::measure(cores);
        let services = images
            .into_iter()
            .map(|bundled| deploy(&mut node, bundled))
            .collect::<Result<_, Failure>>()?;
        let worker_pid = node.worker_pids().first().copied();
        Ok(Self { node, services, machine, cores, floors, worker_pid, asked: 0, answered: 0 })
    }

    /// Invokes the case's service once.
    pub(super) fn invoke(&mut self, case: &Case) -> Result<Completed, Failure> {
        let job = Job {
            service: self.id(case.service)?,
            body: case.body(),
            mode: case.mode,
            heap: mote_abi::outcome::Heap::Bump,
            budget_us: case.budget_us(),
            grace_us: case.grace_us(),
            memory_kib: MEMORY_KIB,
        };
        repeat::once(&mut self.node, job)
    }

    /// Takes the case's service out of the windows: its next start is cold.
    pub(super) fn evict(&mut self, case: &Case) -> Result<(), Failure> {
        let service = self.id(case.service)?;
        self.node
            .evict(service)
            .or_status(Status::NodeFailed, || format!("{} cannot be evicted", case.service))
    }

    /// Asks the worker for something ordinary, and notes whether the same process answers it right.
    pub(super) fn ask_for_the_next(&mut self) -> Result<(), Failure> {
        let next = plan::next();
        let completed = self.invoke(&next)?;
        let is_same = Some(completed.worker_pid) == self.worker_pid;
        self.asked += 1;
        self.answered += u64::from(is_same && completed.body == plan::NEXT_ANSWER);
        Ok(())
    }

    fn id(&self, service: &str) -> Result<ServiceId, Failure> {
        self.services
            .get(service)
            .copied()
            .ok_or_else(|| anyhow::anyhow!("the demo carries no service {service}").into())
    }
}

fn cores(node: &Node) -> Option<Cores> {
    Cores::of(node.dispatcher_cpu(), node.worker_cpus().first().copied().flatten())
}

fn deploy(node: &mut Node, bundled: Bundled) -> Result<(&'static str, ServiceId), Failure> {
    let id = node
        .deploy(bundled.name, bundled.image)
        .or_status(Status::BadImage, || "the loader refuses a service of the demo")?;
    Ok((bundled.name, id))
}
