//! What workers are started with, and the start of one.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use crate::config::NodeConfig;
use crate::images::zones::WindowFiles;
use crate::isolation::enclosure::Enclosure;
use crate::isolation::layout::Layout;
use crate::pool::areas::Areas;
use crate::pool::process::{LastingFiles, Process};
use crate::pool::start::{self, Duty};
use crate::pool::worker::Worker;
use crate::sched::cpus::Post;

/// What all workers of a node are started with.
#[derive(Debug)]
pub(crate) struct SpawnContext {
    pub(crate) config: NodeConfig,
    /// The processors that the node may use.
    pub(crate) cpus: Vec<u32>,
    /// Where everything lies in them.
    pub(crate) layout: Layout,
    /// The worker program.
    pub(crate) program: OwnedFd,
    /// The windows of each worker, by its number.
    pub(crate) windows: Vec<Vec<WindowFiles>>,
    /// What keeps them in.
    pub(crate) enclosure: Enclosure,
}

/// Starts a worker for slot `number`.
pub(crate) fn start_worker(
    spawn_context: &SpawnContext,
    number: usize,
    post: Post,
    duty: Duty,
) -> io::Result<Worker> {
    let (areas, files) = Areas::create()?;
    let SpawnContext { config, layout, .. } = spawn_context;
    start::fill(&areas.inbox().start, config, layout.zones, post, duty);
    let windows = spawn_context.windows.get(number).map_or(&[][..], Vec::as_slice);
    let enclosure = &spawn_context.enclosure;
    enclosure.fill(&areas.inbox().lockdown);
    let lasting = LastingFiles { program: spawn_context.program.as_fd(), windows, enclosure };
    let process = Process::start(lasting, &files)?;
    Ok(Worker::new(number, process, areas, spawn_context.config.slicing()))
}
