//! A node under load whose workers are killed, stopped and made to lie while its services are replaced and removed: is
//! every accepted request answered once, and right?
//!
//! ```text
//!  this process                                   the node's process (mote __chaos-node)
//!  client ── requests, by number ───────────────▶ node::serve ─▶ NodeThread ─▶ workers
//!  checker ◀── answers, refusals, gauges ────────     faults ── SIGKILL, SIGSEGV, SIGSTOP, rings, images
//! ```
//!
//! What a request asks, and what its answer must be, follow from the seed and its number (`plan`), so the checker
//! needs nothing of the node. A run is not replayed to the nanosecond: the seed decides who is asked what, and which
//! fault comes when.

mod checker;
mod client;
mod faults;
pub mod node;
mod plan;
mod report;
mod rings;
mod wire;

use std::io::{BufReader, BufWriter};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;

pub use checker::Plant;
pub use report::Report;

use crate::chaos::checker::Checker;
use crate::chaos::plan::Plan;
use crate::error::Error;

/// What a run is to be.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Whence everything comes that is left to chance.
    pub seed: u64,
    /// How long requests are sent.
    pub duration: Duration,
    /// A defect that is planted between the node and the checker, which must find it.
    pub plant: Option<Plant>,
}

/// Runs it.
///
/// # Errors
/// The services do not build, or the node's process does not start or fails.
pub fn run(options: &Options, bar: &ProgressBar) -> Result<Report, Error> {
    // Built here, so that the node's process finds them.
    plan::images(&ProgressBar::hidden())?;
    let mut child = start(options)?;
    let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
        unreachable!("both are piped");
    };
    let plan = Plan::new(options.seed);
    let checker = Arc::new(Checker::new(plan, options.plant));
    let reader = {
        let checker = Arc::clone(&checker);
        std::thread::spawn(move || checker.read(BufReader::with_capacity(1 << 18, from)))
    };
    let sent = client::send(options.duration, BufWriter::with_capacity(1 << 18, to), &checker, bar);
    let read = reader.join().expect("the checker does not panic");
    let ended = child.wait().map_err(Error::ChaosNode)?;
    bar.finish_and_clear();
    read.and(sent).map_err(Error::ChaosNode)?;
    if !ended.success() {
        return Err(Error::ChaosNodeEnded { status: ended, seed: options.seed });
    }
    Ok(checker.report())
}

fn start(options: &Options) -> Result<Child, Error> {
    let program = std::env::current_exe().map_err(Error::ThisProgram)?;
    let mut command = Command::new(program);
    command.args(["__chaos-node", &options.seed.to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(Error::ChaosNode)
}
