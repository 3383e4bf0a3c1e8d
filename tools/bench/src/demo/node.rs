//! A node with every service deployed, and the floors of the machine below it.

use std::collections::BTreeMap;

use mote_dispatcher::{Completed, Job, Node, NodeConfig, ServiceId};

use super::plan::{self, Case};
use super::results::{Results, Row};
use crate::bundle::Bundled;
use crate::error::Error;
use crate::floors::{self, Cores, Floors};
use crate::machine::Machine;

/// What one invocation of the demo may allocate, in KiB.
const MEMORY_KIB: u32 = 1024;

/// The node, its services, and what was measured before they ran.
pub(super) struct DemoNode {
    node: Node,
    services: BTreeMap<&'static str, ServiceId>,
    /// What this machine is.
    machine: Machine,
    /// Where the floors were measured.
    cores: Option<Cores>,
    /// This machine's floors.
    floors: Floors,
    /// The process that should answer everything.
    worker_pid: Option<u32>,
    /// How often the worker was asked for the next answer.
    asked: u64,
    /// How often it was the right answer, from that same process.
    answered: u64,
}

impl DemoNode {
    /// Starts a node with one worker, measures the floors on its cores while it is idle, and deploys
    /// the images.
    pub(super) fn set_up(images: Vec<Bundled>) -> Result<Self, Error> {
        let config = NodeConfig { workers: 1, depth: 1, ..NodeConfig::default() };
        // Before the node takes a core of its own, and leaves this thread that one alone.
        let machine = Machine::this();
        let mut node = Node::start(&config)?;
        let cores = cores(&node);
        let floors = floors::measure(cores);
        let services = images
            .into_iter()
            .map(|bundled| deploy(&mut node, bundled))
            .collect::<Result<_, Error>>()?;
        let worker_pid = node.worker_pids().first().copied();
        Ok(Self { node, services, machine, cores, floors, worker_pid, asked: 0, answered: 0 })
    }

    /// Invokes the case's service once.
    pub(super) fn invoke(&mut self, case: &Case) -> Result<Completed, Error> {
        let job = Job {
            service: self.id(case.service)?,
            body: case.body(),
            mode: case.mode,
            heap: mote_abi::outcome::Heap::Bump,
            budget_us: case.budget_us(),
            grace_us: case.grace_us(),
            memory_kib: MEMORY_KIB,
        };
        Ok(self.node.invoke(job)?)
    }

    /// Takes the case's service out of the windows: its next start is cold.
    pub(super) fn evict(&mut self, case: &Case) -> Result<(), Error> {
        let service = self.id(case.service)?;
        Ok(self.node.evict(service)?)
    }

    /// Asks the worker for something ordinary, and notes whether the same process answers it right.
    pub(super) fn ask_for_the_next(&mut self) -> Result<(), Error> {
        let next = plan::next();
        let completed = self.invoke(&next)?;
        let is_same = Some(completed.worker_pid) == self.worker_pid;
        self.asked += 1;
        self.answered += u64::from(is_same && completed.body == plan::NEXT_ANSWER);
        Ok(())
    }

    /// What came of it, with these rows.
    pub(super) fn results(self, rows: Vec<Row>) -> Results {
        Results {
            machine: self.machine,
            toolchain: mote_dispatcher::TOOLCHAIN,
            cores: self.cores,
            floors: self.floors,
            killed: rows.iter().map(Row::kills).sum(),
            rows,
            asked: self.asked,
            answered: self.answered,
            worker_pid: self.worker_pid,
        }
    }

    fn id(&self, service: &str) -> Result<ServiceId, Error> {
        let found = self.services.get(service).copied();
        found.ok_or_else(|| Error::NoService { name: service.to_owned() })
    }
}

fn cores(node: &Node) -> Option<Cores> {
    Cores::of(node.dispatcher_cpu(), node.worker_cpus().first().copied().flatten())
}

fn deploy(node: &mut Node, bundled: Bundled) -> Result<(&'static str, ServiceId), Error> {
    Ok((bundled.name, node.deploy(bundled.name, bundled.image)?))
}
