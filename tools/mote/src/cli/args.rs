//! The arguments of every command, with the help that a newcomer reads.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Args, Parser, Subcommand, ValueHint};
use mote_abi::area::BODY_BYTES;
use mote_abi::image::ABI_VERSION;
use mote_abi::outcome::{Heap, Mode};

use super::preemption::{Budget, PromiseArgs, SourceArgs};
use super::{choice, span};
use crate::bench::Experiment;
use crate::bench::contender::ContenderArgs;
use crate::run::help;
use mote_builder::Profile;

/// Version of the command, and what images must be built with.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    format!("{version} (images: {}, ABI {ABI_VERSION})", mote_dispatcher::TOOLCHAIN)
});

/// Runs functions as a service, in microseconds, and stops them on time.
///
/// A service is a Rust library without std and without unsafe code that has one function, `handle`.
/// `mote build` compiles it to an image, `mote run` runs it in a worker process of its own, within a
/// budget of time and memory. `mote demo` shows all of it with services that are on board.
#[derive(Clone, Debug, Parser)]
#[command(name = "mote", version = VERSION.as_str(), disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `mote` can do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Compile a service to an image.
    Build(BuildArgs),
    /// Show what an image holds, and whether the loader takes it.
    Inspect(InspectArgs),
    /// Run a service and print its response.
    Run(RunArgs),
    /// Serve functions to HTTP clients.
    #[cfg(feature = "http")]
    Serve(crate::serve::args::ServeArgs),
    /// Deploy a service to the node that runs here, as a new version.
    #[cfg(feature = "http")]
    Deploy(crate::operate::args::DeployArgs),
    /// Run a deployed function and print its response.
    #[cfg(feature = "http")]
    Invoke(crate::operate::args::InvokeArgs),
    /// List the deployed functions.
    #[cfg(feature = "http")]
    List(crate::operate::args::ListArgs),
    /// Say how the invocations of each function ended.
    #[cfg(feature = "http")]
    Stats(crate::operate::args::ListArgs),
    /// Go back to an earlier version of a function.
    #[cfg(feature = "http")]
    Rollback(crate::operate::args::RollbackArgs),
    /// Remove a function with all its versions.
    #[cfg(feature = "http")]
    Rm(crate::operate::args::RemoveArgs),
    /// Preempt an invocation at every instruction, and see what the cleanup did.
    Torture(TortureArgs),
    /// Run the services on board, kill the runaways among them, and print one table of it.
    Demo(DemoArgs),
    /// Measure Mote beside processes, shared libraries and wasmtime, as the paper's evaluation does.
    Bench(BenchArgs),
    /// What `mote bench` starts; not for people.
    #[command(name = "__contender", hide = true)]
    Contender(ContenderArgs),
}

/// `mote build`.
#[derive(Clone, Debug, Args)]
pub struct BuildArgs {
    /// The service's folder: a Cargo package whose library has `pub fn handle`.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub directory: PathBuf,
    /// Where to write the image [default: the package's name with `.image`, in this folder].
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Compile without optimisation and with debug assertions, as `cargo build` does by default.
    #[arg(long)]
    pub debug: bool,
}

/// `mote inspect`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = crate::inspect::help::JSON)]
pub struct InspectArgs {
    /// The image to look at. It may be anything; nothing of it is run.
    #[arg(value_name = "IMAGE", value_hint = ValueHint::FilePath)]
    pub image: PathBuf,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub json: bool,
}

/// `mote run`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::after_run())]
pub struct RunArgs {
    /// A service's folder, which is built first, or an image.
    #[arg(value_name = "DIR|IMAGE", value_hint = ValueHint::AnyPath)]
    pub service: PathBuf,
    /// What the invocations get.
    #[command(flatten)]
    pub input: InputArgs,
    /// What the invocations may use.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// What fires at the deadlines.
    #[command(flatten)]
    pub source: SourceArgs,
    /// What an automatic budget keeps.
    #[command(flatten)]
    pub promise: PromiseArgs,
    /// Refuse the service once it has so often not yielded when its budget was used up: it had to be
    /// discarded after the grace in `guarded` or `inject`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub ban_after: Option<u32>,
    /// How often to invoke, on warm workers after the first time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub repeat: u64,
    /// Worker processes, spread over the cores; as many invocations are under way at once, or twice as
    /// many with `--slice-us`.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=MOST_WORKERS))]
    pub workers: u16,
    /// Print one JSON object per invocation on stdout, a line each, instead of the body.
    #[arg(long)]
    pub json: bool,
}

/// The request's body: `--data`, `--file`, or stdin if it is not a terminal.
#[derive(Clone, Debug, Args)]
#[group(multiple = false)]
pub struct InputArgs {
    /// The request's body, as text. Without it and `--file`, stdin is read unless it is a terminal.
    #[arg(long, value_name = "S")]
    pub data: Option<String>,
    /// A file with the request's body.
    #[arg(long, value_name = "F", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}

/// What an invocation may use, and what happens at the end of it.
#[derive(Clone, Debug, Args)]
pub struct LimitArgs {
    /// What happens when the budget is used up (see below).
    #[arg(long, value_name = "M", default_value = Mode::Guarded.name(), value_parser = choice::mode())]
    pub mode: Mode,
    /// The time that an invocation may run, in microseconds; `auto` computes it from the number of
    /// workers, `--target-us` and `--tail`.
    #[arg(long, value_name = "N|auto", default_value = "10000")]
    pub budget_us: Budget,
    /// The further time that cleaning up may take, in microseconds.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub grace_us: u32,
    /// How freed memory is treated: `bump` never uses it again and is the fastest.
    #[arg(long, value_name = "bump|general", hide_possible_values = true, default_value = Heap::Bump.name(), value_parser = choice::heap())]
    pub heap: Heap,
    /// The memory that an invocation may allocate, in KiB.
    #[arg(long, value_name = "N", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(1..=MAX_MEMORY_KIB))]
    pub memory_kib: u32,
}

/// `mote torture`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = crate::torture::help::AFTER)]
pub struct TortureArgs {
    /// A service's folder, which is built first, or an image.
    #[arg(value_name = "DIR|IMAGE", value_hint = ValueHint::AnyPath, required_unless_present = "suite", conflicts_with = "suite")]
    pub service: Option<PathBuf>,
    /// What the invocation gets.
    #[command(flatten)]
    pub input: InputArgs,
    /// What happens at the soft deadline, which is the injection [default: guarded; with --suite, each].
    #[arg(long, value_name = "M", value_parser = choice::mode())]
    pub mode: Option<Mode>,
    /// Inject at the instruction with this number only, or at those from the first number up to but
    /// without the second. The first instruction has number 0.
    #[arg(long, value_name = "N[..M]", value_parser = span::parse)]
    pub at: Option<(u64, u64)>,
    /// Inject at every Nth instruction only.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,
    /// Preempt a second time, K instructions into the cleanup; of a range `K..L`, each injection takes
    /// another distance.
    #[arg(long, value_name = "K[..L]", value_parser = span::parse_short)]
    pub second: Option<(u32, u32)>,
    /// Pause the invocation at the injection instead of stopping it, run others, and go on: every verdict
    /// must then be `clean`.
    #[arg(long, conflicts_with_all = ["second", "suite"])]
    pub pause: bool,
    /// Inject in host text too: allocator, host calls, entry and exit.
    #[arg(long)]
    pub host: bool,
    /// Sweep every service on board and the corpus of small workloads, in debug and release images.
    #[arg(long)]
    pub suite: bool,
    /// Of the suite, sweep the images of this profile only [default: both].
    #[arg(long, value_name = "release|debug", hide_possible_values = true, requires = "suite", value_parser = choice::profile())]
    pub profile: Option<Profile>,
    /// From the injection to the hard deadline, in microseconds.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub grace_us: u32,
    /// How freed memory is treated: `bump` never uses it again.
    #[arg(long, value_name = "bump|general", hide_possible_values = true, default_value = Heap::Bump.name(), value_parser = choice::heap())]
    pub heap: Heap,
    /// The memory that the invocation may allocate, in KiB.
    #[arg(long, value_name = "N", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..=MAX_MEMORY_KIB))]
    pub memory_kib: u32,
    /// Follow the invocation for so many instructions: some services never end.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: u64,
    /// Write the report as JSON to this file; `-` is stdout, instead of the table.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Write a page with the annotated disassembly to this file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: Option<PathBuf>,
}

/// The most that `--workers` takes.
const MOST_WORKERS: i64 = mote_dispatcher::MAX_WORKERS as i64;

/// The most that `--memory-kib` takes: 2 GiB.
const MAX_MEMORY_KIB: i64 = 2 << 20;

/// `mote demo`.
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Print one JSON object instead of the table.
    #[arg(long)]
    pub json: bool,
    /// Take a tenth of the samples.
    #[arg(long)]
    pub quick: bool,
}

/// `mote bench`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = crate::bench::HELP)]
pub struct BenchArgs {
    /// What to measure.
    #[arg(value_name = "EXPERIMENT")]
    pub experiment: Experiment,
    /// Take a fraction of the samples, and fewer of what is slow to set up.
    #[arg(long)]
    pub quick: bool,
    /// The program mote-peers, for what is measured of wasmtime [default: built by cargo where this is
    /// run from a checkout of Mote's repository; with --quick, only where it was built before].
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub peers: Option<PathBuf>,
    /// Also write everything as one JSON object into this file; `-` is stdout, without the table.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Also write a page, `index.html`, and its plots as SVG into this folder.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub report: Option<PathBuf>,
}

/// The longest body that a request can have, in bytes.
pub const MAX_BODY_BYTES: usize = BODY_BYTES;

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use clap::error::ErrorKind;
    use mote_dispatcher::Source;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    fn run(line: &str) -> RunArgs {
        match parse(line).unwrap().command {
            Command::Run(args) => args,
            other => panic!("not run: {other:?}"),
        }
    }

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_has_the_documented_defaults() {
        let args = run("mote run hello");
        assert_eq!((args.limits.mode, args.limits.heap), (Mode::Guarded, Heap::Bump));
        assert_eq!((args.limits.budget_us, args.limits.grace_us), (Budget::Fixed(10_000), 10_000));
        assert_eq!((args.limits.memory_kib, args.repeat, args.workers), (16_384, 1, 1));
    }

    #[test]
    fn run_takes_every_mode_and_heap_by_its_name() {
        for &mode in Mode::ALL {
            assert_eq!(run(&format!("mote run x --mode {mode}")).limits.mode, mode);
        }
        for &heap in Heap::ALL {
            assert_eq!(run(&format!("mote run x --heap {heap}")).limits.heap, heap);
        }
    }

    #[test]
    fn run_takes_every_source_with_its_quantum() {
        let source = |line: &str| run(line).source.source();
        assert_eq!(source("mote run x"), Source::Watchdog);
        assert_eq!(source("mote run x --source one-shot"), Source::OneShot);
        let periodic = "mote run x --source periodic";
        assert_eq!(source(periodic), Source::Periodic { quantum_us: 20 });
        let slow = source(&format!("{periodic} --quantum-us 500"));
        assert_eq!(slow, Source::Periodic { quantum_us: 500 });
        assert!(parse("mote run x --source periodic --quantum-us 9").is_err());
    }

    #[test]
    fn slices_are_off_unless_asked_for() {
        assert_eq!(run("mote run x").source.slice_us, None);
        assert_eq!(run("mote run x --slice-us 100").source.slice_us, Some(100));
        for refused in ["0", "9", "1000001", "auto"] {
            assert!(parse(&format!("mote run x --slice-us {refused}")).is_err(), "{refused}");
        }
    }

    #[test]
    fn automatic_budget_is_the_papers() {
        let budget_us = |line: &str| {
            let args = run(line);
            assert_eq!(args.limits.budget_us, Budget::Auto);
            args.promise.budget_us(args.workers, args.source.source())
        };
        let papers = "mote run x --workers 14 --budget-us auto --target-us 8 --tail 99";
        assert_eq!(budget_us(papers), Ok(113));
        assert_eq!(budget_us(&format!("{papers} --source periodic --quantum-us 20")), Ok(93));
        assert!(budget_us("mote run x --budget-us auto --tail 0").is_err());
    }

    #[test]
    fn data_and_file_exclude_each_other() {
        let error = parse("mote run x --data a --file b").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ArgumentConflict);
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let lines = [
            "mote run x --budget-us 0",
            "mote run x --budget-us 4294967296",
            "mote run x --repeat 0",
            "mote run x --workers 0",
            "mote run x --workers 129",
            "mote run x --memory-kib 0",
            "mote run x --memory-kib 2097153",
            "mote run x --mode gentle",
        ];
        for line in lines {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn data_may_begin_with_a_dash_after_an_equals_sign() {
        assert_eq!(run("mote run x --data=-1").input.data.as_deref(), Some("-1"));
    }

    #[test]
    fn version_names_the_toolchain() {
        assert!(VERSION.contains("rustc 1."), "{}", VERSION.as_str());
    }
}
