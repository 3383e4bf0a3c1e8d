//! `mote run`: build if need be, start a node, invoke, and tell how it went.
//!
//! The response's body, or with `--json` the objects, go to stdout; everything else goes to stderr.

pub(crate) mod args;
mod body;
mod describe;
mod help;
mod preemption;
mod repeat;
mod row;
mod summary;

use std::io::{self, BufWriter, Write};

use anyhow::Context as _;
use console::Term;
use indicatif::ProgressBar;
use mote_bench::format::table;
use mote_dispatcher::{Completed, Job, Node, NodeConfig, ServiceId};

use crate::service::input;
use crate::service::source::{self, Source};
use crate::service::trust;
use crate::status::{Failure, OrStatus as _, Status};
use crate::terminal::bars;
use crate::terminal::output::{self, Stdout};
use args::RunArgs;
use preemption::Budget;
use row::Row;
use summary::Summary;

/// Runs the command; its status is that of the first outcome that was not `ok`.
///
/// # Errors
/// The body cannot be read, the service does not build, the image is refused, or the node fails.
pub(crate) fn execute(args: &RunArgs) -> Result<Status, Failure> {
    args.check().or_status(Status::Usage, || "the arguments do not go together")?;
    let body = input::body(&args.input)?;
    let Source { name, bytes } = source::load(&args.service)?;
    let budget_us = budget_us(args)?;
    let mut node = start(args)?;
    let service = node
        .deploy(&name, bytes)
        .or_status(Status::BadImage, || format!("the node does not take {name}"))?;
    let mut results = Output::new(args, &name);
    let job = job(args, budget_us, service, &body);
    repeat::closed_loop(&mut node, job, args.repeat, at_once(args), |ended| {
        results.take(ended).context(output::CANNOT)
    })?;
    Ok(results.finish()?)
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
        trusted_keys: args.trust.iter().map(|text| trust::key(text)).collect::<Result<_, _>>()?,
        stack_kib: args.limits.stack_kib,
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
            .target
            .budget_us(args.workers, args.source.source())
            .or_status(Status::Usage, || "there is no budget that keeps the latency"),
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
    stdout: BufWriter<Stdout>,
    summary: Summary,
    bar: ProgressBar,
}

impl<'a> Output<'a> {
    fn new(args: &RunArgs, name: &'a str) -> Self {
        Self {
            name,
            is_json: args.json,
            is_only_one: args.repeat == 1,
            stdout: BufWriter::new(Stdout::lock()),
            summary: Summary::default(),
            bar: bars::invocations(args.repeat),
        }
    }

    fn take(&mut self, completed: &Completed) -> io::Result<()> {
        let is_first = self.summary.count() == 0;
        let is_first_bad = self.summary.add(completed);
        if self.is_json {
            self.write_row(completed)?;
        } else if is_first {
            self.stdout.write_all(&completed.body)?;
            self.stdout.flush()?;
            describe::end_line(&completed.body);
        }
        if !self.is_json && (self.is_only_one || is_first_bad) {
            self.bar.suspend(|| describe::one(completed))?;
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
        self.stdout.flush().context(output::CANNOT)?;
        if !self.is_only_one {
            write!(
                std::io::stderr(),
                "{}",
                self.summary.described(table::columns(&Term::stderr()))
            )
            .context("cannot say how it went")?;
        }
        Ok(self.summary.status())
    }
}

/// Invocations between two updates of the progress bar.
const BAR_STEP: u64 = 256;
