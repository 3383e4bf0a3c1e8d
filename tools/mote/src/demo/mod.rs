//! `mote demo`: the services on board, run and stopped, in one table.

use anyhow::Context as _;
use clap::Args;
use mote_bench::demo::{self, chart};

use crate::status::{Failure, Status};
use crate::terminal::{bars, output};

/// `mote demo`.
#[derive(Clone, Debug, Args)]
pub(crate) struct DemoArgs {
    /// Print one JSON object instead of the table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Take a tenth of the samples.
    #[arg(long)]
    pub(crate) quick: bool,
}

/// Runs the demonstration and prints what came of it. The status says whether a worker was lost, or did
/// not answer as it must after a kill.
///
/// # Errors
/// The services do not build, or the node fails.
pub(crate) fn execute(args: &DemoArgs) -> Result<Status, Failure> {
    let results = demo::run(args.quick, &bars::steps())?;
    let text = if args.json {
        serde_json::to_string(&results).context("cannot write the result")? + "\n"
    } else {
        chart::of(&results, output::columns())
    };
    output::print(&text)?;
    Ok(if results.has_every_answer() { Status::Done } else { Status::NodeFailed })
}
