//! The arguments of `mote run`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use mote_abi::outcome::{Heap, Mode};

use super::help;
use super::preemption::{Budget, SourceArgs, SourceName, TargetArgs};
use crate::service::choice::{self, MAX_MEMORY_KIB};
use crate::service::input::InputArgs;

/// `mote run`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::after_run())]
pub(crate) struct RunArgs {
    /// A service's folder, which is built first, or an image.
    #[arg(value_name = "DIR|IMAGE", value_hint = ValueHint::AnyPath)]
    pub(crate) service: PathBuf,
    /// What the invocations get.
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// What the invocations may use.
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    /// What fires at the deadlines.
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// The latency that an automatic budget keeps.
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Refuse the service after so many strikes: it did not yield when its budget was used up and had to be
    /// discarded after the grace in `guarded` or `inject`, made a system call, or its worker was lost.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) ban_after: Option<u32>,
    /// Take only an image that this key has signed: a public key as `mote keys list` prints it, or the name
    /// of one of yours. May be given more than once.
    #[arg(long, value_name = "KEY")]
    pub(crate) trust: Vec<String>,
    /// How often to invoke, on warm workers after the first time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) repeat: u64,
    /// Worker processes, spread over the cores; as many invocations are under way at once, or twice as
    /// many with `--slice-us`.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=MOST_WORKERS))]
    pub(crate) workers: u16,
    /// Print one JSON object per invocation on stdout, a line each, instead of the body.
    #[arg(long)]
    pub(crate) json: bool,
}

impl RunArgs {
    /// Refuses arguments that would be ignored: each means something beside another only.
    ///
    /// # Errors
    /// Which argument needs which other.
    pub(crate) fn check(&self) -> Result<(), Ignored> {
        let is_periodic = self.source.source == SourceName::Periodic;
        let is_auto = self.limits.budget_us == Budget::Auto;
        let needs = [
            ("--quantum-us", self.source.quantum_us.is_some() && !is_periodic, PERIODIC),
            ("--target-us", self.target.target_us.is_some() && !is_auto, AUTO),
            ("--tail", self.target.tail.is_some() && !is_auto, AUTO),
        ];
        match needs.into_iter().find(|&(_, is_ignored, _)| is_ignored) {
            Some((argument, _, needed)) => Err(Ignored { argument, needed }),
            None => Ok(()),
        }
    }
}

/// What `--quantum-us` needs.
const PERIODIC: &str = "--source periodic";
/// What `--target-us` and `--tail` need.
const AUTO: &str = "--budget-us auto";

/// An argument that means nothing without another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{argument} means nothing without {needed}: give both, or neither")]
pub(crate) struct Ignored {
    argument: &'static str,
    needed: &'static str,
}

/// What an invocation may use, and what happens at the end of it.
#[derive(Clone, Debug, Args)]
pub(crate) struct LimitArgs {
    /// What happens when the budget is used up (see below).
    #[arg(long, value_name = "M", default_value = Mode::Guarded.name(), value_parser = choice::mode())]
    pub(crate) mode: Mode,
    /// The time that an invocation may run, in microseconds; `auto` computes it from the number of
    /// workers, `--target-us` and `--tail`.
    #[arg(long, value_name = "N|auto", default_value = "10000")]
    pub(crate) budget_us: Budget,
    /// The further time that cleaning up may take, in microseconds.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) grace_us: u32,
    /// How freed memory is treated: `bump` never uses it again and is the fastest.
    #[arg(long, value_name = "bump|general", hide_possible_values = true, default_value = Heap::Bump.name(), value_parser = choice::heap())]
    pub(crate) heap: Heap,
    /// The memory that an invocation may allocate, in KiB.
    #[arg(long, value_name = "N", default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(1..=MAX_MEMORY_KIB))]
    pub(crate) memory_kib: u32,
    /// The stack that an invocation has, in KiB.
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(16..=MAX_STACK_KIB))]
    pub(crate) stack_kib: u32,
}

/// The most that `--stack-kib` takes: 1 GiB.
const MAX_STACK_KIB: i64 = 1 << 20;

/// The most that `--workers` takes.
const MOST_WORKERS: i64 = mote_dispatcher::MAX_WORKERS as i64;

#[cfg(test)]
mod tests {
    use clap::Parser;
    use clap::error::ErrorKind;
    use mote_dispatcher::Source;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: RunArgs,
    }

    fn parse(line: &str) -> Result<RunArgs, clap::Error> {
        let words = line.strip_prefix("mote ").expect("a line begins with mote").split(' ');
        Line::try_parse_from(words).map(|line| line.args)
    }

    fn run(line: &str) -> RunArgs {
        parse(line).unwrap()
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
        assert_eq!(source("mote run x"), Source::Breakpoint);
        assert_eq!(source("mote run x --source breakpoint"), Source::Breakpoint);
        assert_eq!(source("mote run x --source signal"), Source::Signal);
        let renamed = parse("mote run x --source watchdog").unwrap_err().to_string();
        assert!(renamed.contains("it is called `signal` now"), "{renamed}");
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
        for refused in ["0", "2", "1000001", "auto"] {
            assert!(parse(&format!("mote run x --slice-us {refused}")).is_err(), "{refused}");
        }
    }

    #[test]
    fn argument_that_would_be_ignored_is_refused() {
        let refused = |line: &str| run(line).check().map_err(|ignored| ignored.to_string());
        for (line, argument) in [
            ("mote run x --quantum-us 50", "--quantum-us"),
            ("mote run x --source one-shot --quantum-us 50", "--quantum-us"),
            ("mote run x --target-us 50", "--target-us"),
            ("mote run x --budget-us 100 --tail 90", "--tail"),
        ] {
            assert!(refused(line).unwrap_err().starts_with(argument), "{line}");
        }
        for line in ["mote run x", "mote run x --source periodic", "mote run x --budget-us auto"] {
            assert_eq!(refused(line), Ok(()), "{line}");
        }
    }

    #[test]
    fn automatic_budget_is_the_papers() {
        let budget_us = |line: &str| {
            let args = run(line);
            assert_eq!(args.limits.budget_us, Budget::Auto);
            args.target.budget_us(args.workers, args.source.source())
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
}
