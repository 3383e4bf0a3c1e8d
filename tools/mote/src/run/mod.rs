//! `mote run`: build if need be, start a node, invoke, and tell how it went.
//!
//! The response's body, or with `--json` the objects, go to stdout; everything else goes to stderr.

pub(crate) mod help;
pub(crate) mod input;
pub(crate) mod repeat;
pub(crate) mod source;
mod summary;
mod told;

use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use mote_dispatcher::{Completed, Job, Node, NodeConfig, ServiceId};

use crate::cli::args::RunArgs;
use crate::cli::preemption::Budget;
use crate::report::row::Row;
use crate::status::{Failure, OrStatus as _, Status};
use source::Source;
use summary::Summary;

/// Runs the command; its status is that of the first outcome that was not `ok`.
///
/// # Errors
/// The body cannot be read, the service does not build, the image is refused, or the node fails.
pub fn execute(args: &RunArgs) -> Result<Status, Failure> {
    let body = input::body(&args.input)?;
    let Source { name, bytes } = source::load(&args.service)?;
    let budget_us = budget_us(args)?;
    let mut node = start(args)?;
    let service = node
        .deploy(&name, bytes)
        .or_status(Status::BadImage, || format!("the loader does not take {name}"))?;
    let mut output = Output::new(args, &name);
    let job = job(args, budget_us, service, &body);
    repeat::closed_loop(&mut node, job, args.repeat, at_once(args), |ended| {
        output.take(ended).context("cannot write the result")
    })?;
    Ok(output.finish()?)
}

fn start(args: &RunArgs) -> Result<Node, Failure> {
    let default = NodeConfig::default();
    let config = NodeConfig {
        workers: args.workers.into(),
        arena_kib: default.arena_kib.max(args.limits.memory_kib),
        depth: 1,
        source: args.source.source(),
        slice_us: args.source.slice_us,
        ban_after: args.ban_after,
        ..default
    };
    Node::start(&config).or_status(Status::NodeFailed, || "the node does not start")
}

/// How many invocations are under way. Who takes turns needs somebody to take turns with.
fn at_once(args: &RunArgs) -> u64 {
    u64::from(args.workers) * if args.source.slice_us.is_some() { 2 } else { 1 }
}

fn budget_us(args: &RunArgs) -> Result<u32, Failure> {
    match args.limits.budget_us {
        Budget::Fixed(budget_us) => Ok(budget_us),
        Budget::Auto => args
            .promise
            .budget_us(args.workers, args.source.source())
            .or_status(Status::Usage, || "there is no budget that keeps the promise"),
    }
}

fn job<'a>(args: &RunArgs, budget_us: u32, service: ServiceId, body: &'a [u8]) -> Job<'a> {
    let limits = &args.limits;
    Job {
        service,
        body,
        mode: limits.mode,
        heap: limits.heap,
        budget_us,
        grace_us: limits.grace_us,
        memory_kib: limits.memory_kib,
    }
}

/// Where results go, and what they add up to.
struct Output<'a> {
    name: &'a str,
    is_json: bool,
    is_only_one: bool,
    stdout: BufWriter<StdoutLock<'static>>,
    summary: Summary,
    bar: ProgressBar,
}

impl<'a> Output<'a> {
    fn new(args: &RunArgs, name: &'a str) -> Self {
        Self {
            name,
            is_json: args.json,
            is_only_one: args.repeat == 1,
            stdout: BufWriter::new(io::stdout().lock()),
            summary: Summary::default(),
            bar: progress(args.repeat),
        }
    }

    fn take(&mut self, completed: &Completed) -> io::Result<()> {
        let is_first = self.summary.count() == 0;
        let is_first_bad = self.summary.add(completed);
        if self.is_json {
            self.write_row(completed)?;
        } else if is_first {
            self.stdout.write_all(&completed.body)?;
        }
        if self.is_only_one && !self.is_json {
            self.stdout.flush()?;
            told::end_line(&completed.body);
        }
        if !self.is_json && (self.is_only_one || is_first_bad) {
            self.bar.suspend(|| told::one(completed))?;
        }
        if self.summary.count().is_multiple_of(BAR_STEP) {
            self.bar.set_position(self.summary.count());
        }
        Ok(())
    }

    fn write_row(&mut self, completed: &Completed) -> io::Result<()> {
        serde_json::to_writer(&mut self.stdout, &Row::of(self.name, completed))?;
        self.stdout.write_all(b"\n")
    }

    fn finish(mut self) -> anyhow::Result<Status> {
        self.bar.finish_and_clear();
        self.stdout.flush().context("cannot write the result")?;
        if !self.is_only_one {
            write!(std::io::stderr(), "{}", self.summary.told())
                .context("cannot say how it went")?;
        }
        Ok(self.summary.status())
    }
}

/// Invocations between two updates of the progress bar.
const BAR_STEP: u64 = 256;

/// Shown on terminals only, and only for what takes a while.
fn progress(repeat: u64) -> ProgressBar {
    if repeat < 1_000 || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len}, {eta} left");
    ProgressBar::new(repeat).with_style(style.expect("a constant template that is tested"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_of_the_progress_bar_is_valid() {
        let _ = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len}, {eta} left")
            .unwrap();
    }
}
