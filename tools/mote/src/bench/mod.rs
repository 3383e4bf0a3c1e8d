//! `mote bench`: measures, and tells it as a table, JSON or a page.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueHint};
use mote_bench::evaluation::{self, Evaluation, Experiment};
use mote_bench::report;

use crate::status::{Failure, Status};
use crate::terminal::{bars, output};

/// The end of `mote bench --help`.
const HELP: &str = "\
Definitions, after the paper's:
  warm        the service is resident; from the asker's stamp just before the request is published
              to the stamp that the service takes; one outstanding
  cold        the same, and the service is not resident: includes placing its checked image, loading
              its library, or starting its process; taking it out again is not included
  throughput  completions a second with the worker's ring always full, one worker
  wasmtime    each service a module of its own with a memory and initialised data, epochs on
    kept      one instance answers all requests to a module
    fresh     each request has an instance of its own, as with Mote, in the pooling allocator
              with its default of 100 slots that remember their module
    own slot  the same with a slot for each module, which costs memory
    module    cold: compiled, as bytes in memory or as a file in the page cache
  stamps      Mote's are the processor's counter where the kernel trusts it; the others' are the
              kernel's clock, which costs some ten nanoseconds more

JSON: machine, floors, rows (name, label, p50_ns, p90_ns, p99_ns, p999_ns, max_ns, n; per_second,
rss_bytes_each and resident where they apply), ratios (by name), aims, timer, quantum, density,
missing (what was not measured, and why).";

/// `mote bench`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct BenchArgs {
    /// What to measure.
    #[arg(value_name = "EXPERIMENT")]
    pub(crate) experiment: Experiment,
    /// Take a fraction of the samples, and fewer of what is slow to set up.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure the density with so many services, instead of 1, 1,000, 5,000, 10,000 and 100,000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) services: Option<u32>,
    /// The program mote-peers, for what is measured of wasmtime [default: built by cargo where this is
    /// run from a checkout of Mote's repository; with --quick, only where it was built before].
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) peers: Option<PathBuf>,
    /// Also write everything as one JSON object into this file; `-` is stdout, without the table.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) json: Option<PathBuf>,
    /// Also write a page, `index.html`, and its plots as SVG into this folder.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) report: Option<PathBuf>,
}

/// Measures what the arguments say, and tells it as they say.
///
/// # Errors
/// It cannot be measured, or the results not be written.
pub(crate) fn execute(args: &BenchArgs) -> Result<Status, Failure> {
    let BenchArgs { experiment, quick, .. } = *args;
    let evaluation = Evaluation {
        experiment,
        is_quick: quick,
        services: args.services.map(|services| services as usize),
        peers: args.peers.as_deref(),
    };
    let results = evaluation::run(evaluation, &bars::steps())?;
    let json = serde_json::to_string_pretty(&results).context("cannot write the results")? + "\n";
    output::one_of(args.json.as_deref(), &json, || report::table::of(&results, output::columns()))?;
    if let Some(folder) = &args.report {
        report::write(folder, &results)?;
    }
    Ok(Status::Done)
}
