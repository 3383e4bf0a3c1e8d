//! What a node prepares before its first worker starts.

use crate::config::NodeConfig;
use crate::images::zones::Zones;
use crate::isolation::enclosure::Enclosure;
use crate::isolation::layout::Layout;
use crate::node::error::NodeError;
use crate::pool::program::WorkerProgram;
use crate::pool::spawn::SpawnContext;
use crate::sys::memory_file::program_file;

/// Where everything lies in the workers of a node with this configuration.
pub(super) fn layout(config: &NodeConfig) -> Result<Layout, NodeError> {
    match config.layout_seed {
        Some(seed) => Ok(Layout::of_seed(seed)),
        None => Layout::random().map_err(NodeError::system("choose addresses at random")),
    }
}

/// What workers are started with.
pub(super) fn spawn_context(
    config: &NodeConfig,
    layout: Layout,
    program: &WorkerProgram,
    zones: &Zones,
    cpus: Vec<u32>,
) -> Result<SpawnContext, NodeError> {
    let file = program_file("mote-worker", &program.bytes);
    let file = file.map_err(NodeError::system("put the worker program into a memory file"))?;
    let windows =
        (0..config.workers).map(|worker| zones.files(worker)).collect::<Result<_, _>>()?;
    let enclosure = Enclosure::prepare(&config.without_layers, &program.text, layout.zones);
    let enclosure = enclosure.map_err(NodeError::system("prepare the isolation of workers"))?;
    Ok(SpawnContext { config: config.clone(), cpus, layout, program: file, windows, enclosure })
}
