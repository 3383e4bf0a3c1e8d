//! `mote bench`: the paper's evaluation on this machine, ours beside what one would use instead.
//!
//! ```text
//!  floors ──▶ experiments, each with its contenders in turns ──▶ Results ──▶ table, JSON, page
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | `table1`, `timer`, `quantum`, `kill`, `density` | the experiments |
//! | `stage`, `processes`, `libraries`, `peers` | the contenders: ours, processes, shared libraries, wasmtime |
//! | `mailbox` | how a worker that is not ours is asked |
//! | `programs`, [`contender`] | what the contenders are made of: carried sources, and this executable |
//! | `outside` | contenders with a time limit |
//! | `place`, `random` | who runs where, and which service is next |
//! | `hashing`, `row`, `results`, `ratios` | what came of it |
//! | `report` | how it is told |
//! | `sys` | all `unsafe` code |
//!
//! Every sample counts: none is dropped, and what warms caches up is not a sample. Preemption is on
//! for ours, always.

pub mod contender;
mod density;
mod hashing;
mod kill;
mod libraries;
mod mailbox;
mod outside;
mod peers;
mod place;
mod processes;
mod programs;
mod quantum;
mod random;
mod ratios;
mod report;
mod results;
mod row;
mod stage;
mod sys;
mod table1;
mod timer;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use indicatif::ProgressBar;

use crate::cli::args::BenchArgs;
use crate::demo::bundle::{self, Bundled};
use crate::status::{Failure, Status};
use peers::Peers;
use peers::program::{self, Found};
use place::Place;
use results::{Floors, Missing, Results};
use table1::Contenders;

/// The end of `mote bench --help`.
pub const HELP: &str = "\
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

/// The services that are measured.
const SERVICES: &[&str] = &["timestamp", "spin", "hashing", "holds"];

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Experiment {
    /// Latency warm and cold, and throughput, beside processes, shared libraries and wasmtime.
    Table1,
    /// How regular periodic timers are, and how late our watchdog.
    Timer,
    /// Figure 2: hashing throughput under preemption.
    Quantum,
    /// How late a kill comes, and how long the worker needs after it.
    Kill,
    /// How cost grows up to 20,000 resident services.
    Density,
    /// wasmtime beside Mote: warm, cold, memory, stopping an endless loop, and what that costs.
    Peers,
    /// All of these.
    All,
}

impl Experiment {
    fn has(self, other: Self) -> bool {
        self == Self::All || self == other
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What all experiments share.
struct Setting<'a> {
    is_quick: bool,
    place: &'a Place,
    images: Vec<Bundled>,
    /// wasmtime, where it can be measured.
    peers: Option<Peers>,
    bar: ProgressBar,
}

impl Setting<'_> {
    /// The image of a bundled service.
    fn image(&self, name: &str) -> anyhow::Result<&[u8]> {
        let found = self.images.iter().find(|bundled| bundled.name == name);
        Ok(&found.with_context(|| format!("the bundle has no service {name}"))?.image)
    }

    /// One step of the progress bar begins.
    fn step(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        self.bar.inc(1);
    }
}

/// Measures what the arguments say, and tells it as they say.
///
/// # Errors
/// There is only one processor, a contender does not build or start, an invocation does not end as
/// it must, or a file cannot be written.
pub fn execute(args: &BenchArgs) -> Result<Status, Failure> {
    let place = Place::of_this_thread()?;
    let bar = crate::demo::progress();
    let (peers, missing) = find_peers(args, &bar)?;
    let images = bundle::images(SERVICES, &bar)?;
    let setting = Setting { is_quick: args.quick, place: &place, images, peers, bar };
    let results = measure(&setting, args, missing)?;
    setting.bar.finish_and_clear();
    tell(args, &results)?;
    Ok(Status::Done)
}

/// wasmtime, or why it is not measured. Who asks for nothing else gets it built, or an error.
fn find_peers(
    args: &BenchArgs,
    bar: &ProgressBar,
) -> Result<(Option<Peers>, Vec<Missing>), Failure> {
    if ![Experiment::Table1, Experiment::Density, Experiment::Peers]
        .iter()
        .any(|&user| args.experiment.has(user))
    {
        return Ok((None, Vec::new()));
    }
    let is_asked_for = args.experiment == Experiment::Peers;
    let says = |what: &str| {
        bar.set_message(what.to_owned());
        if bar.is_hidden() {
            eprintln!("{what}");
        }
    };
    match program::find(args.peers.as_deref(), is_asked_for || !args.quick, says)? {
        Found::Program(program) => Ok((Some(Peers::new(program)?), Vec::new())),
        Found::Nothing(why) if is_asked_for => Err(anyhow!(why).into()),
        Found::Nothing(why) => Ok((None, vec![Missing { what: "wasmtime".into(), why }])),
    }
}

fn measure(
    setting: &Setting<'_>,
    args: &BenchArgs,
    missing: Vec<Missing>,
) -> Result<Results, Failure> {
    let which = args.experiment;
    setting.bar.reset();
    setting.bar.set_length(steps(setting, which));
    setting.step("floors");
    let mut results = Results::new(args, Floors::measure(setting.place)?);
    results.missing = missing;
    if which.has(Experiment::Table1) {
        results.rows.extend(table1::rows(setting, Contenders::All)?);
    }
    if which == Experiment::Peers {
        results.rows.extend(table1::rows(setting, Contenders::Peers)?);
    }
    if let Some(peers) = setting.peers.as_ref().filter(|_| which.has(Experiment::Peers)) {
        results.rows.extend(peers::epochs::rows(setting, peers)?);
    }
    if which.has(Experiment::Timer) {
        let found = timer::measure(setting)?;
        results.rows.extend(found.rows);
        results.timer = found.regularities;
        results.missing.extend(found.missing);
    }
    if which.has(Experiment::Quantum) {
        let (rows, quantum) = quantum::measure(setting)?;
        results.rows.extend(rows);
        results.quantum = quantum;
    }
    if which.has(Experiment::Kill) {
        results.rows.extend(kill::rows(setting)?);
    }
    if which.has(Experiment::Density) {
        let found = density::measure(setting)?;
        results.rows.extend(found.rows);
        results.density = found.growths;
        results.missing.extend(found.missing);
    }
    results.compare();
    Ok(results)
}

/// Steps of the progress bar.
fn steps(setting: &Setting<'_>, which: Experiment) -> u64 {
    let is_quick = setting.is_quick;
    let table1 = table1::Size::new(is_quick).steps();
    let peers = if setting.peers.is_some() { peers::epochs::steps(is_quick) } else { 0 };
    let steps = [
        (Experiment::Table1, table1),
        (Experiment::Peers, peers + if which == Experiment::Peers { table1 } else { 0 }),
        (Experiment::Timer, timer::steps(is_quick)),
        (Experiment::Quantum, quantum::steps(is_quick)),
        (Experiment::Kill, kill::steps(is_quick)),
        (Experiment::Density, density::steps(setting)),
    ];
    let wanted = steps.iter().filter(|(experiment, _)| which.has(*experiment));
    1 + wanted.map(|(_, steps)| steps).sum::<u64>()
}

fn tell(args: &BenchArgs, results: &Results) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(results).context("cannot write the results")? + "\n";
    let is_stdout = args.json.as_deref() == Some(Path::new("-"));
    let output = if is_stdout { json.clone() } else { report::table::of(results) };
    io::stdout().write_all(output.as_bytes()).context("cannot write the results")?;
    if let Some(path) = args.json.as_deref().filter(|_| !is_stdout) {
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(folder) = &args.report {
        report::write(folder, results).map_err(|error| {
            anyhow!(error).context(format!("cannot write below {}", folder.display()))
        })?;
    }
    Ok(())
}
