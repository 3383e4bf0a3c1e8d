//! The arguments that say who stops an invocation, and when.

use std::fmt;
use std::str::FromStr;

use clap::Args;
use mote_dispatcher::{
    BudgetError, LatencyTarget, MAX_QUANTUM_US, MAX_SLICE_US, MIN_QUANTUM_US, MIN_SLICE_US, Source,
};

/// The paper's quantum, in microseconds.
const DEFAULT_QUANTUM_US: u32 = 20;
/// The latency that an automatic budget keeps, in microseconds.
const DEFAULT_TARGET_US: u32 = 100;
/// How many requests stay below it, in percent.
const DEFAULT_TAIL_PERCENT: f64 = 99.0;

/// Who makes a worker look at the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SourceName {
    /// The dispatcher stores breakpoints into the text of a service that is past a deadline.
    #[default]
    Breakpoint,
    /// The dispatcher signals a worker that is past a deadline.
    Signal,
    /// A timer of the worker expires each quantum.
    Periodic,
    /// A timer of the worker is set for each invocation.
    OneShot,
}

/// The text is no value of `--source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoSource {
    #[error("it is called `signal` now; `breakpoint`, the default, stops a service sooner")]
    Renamed,
    #[error("it must be `breakpoint`, `signal`, `periodic` or `one-shot`")]
    Unknown,
}

impl FromStr for SourceName {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        match text {
            "breakpoint" => Ok(Self::Breakpoint),
            "signal" => Ok(Self::Signal),
            "periodic" => Ok(Self::Periodic),
            "one-shot" => Ok(Self::OneShot),
            "watchdog" => Err(NoSource::Renamed),
            _ => Err(NoSource::Unknown),
        }
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Breakpoint => "breakpoint",
            Self::Signal => "signal",
            Self::Periodic => "periodic",
            Self::OneShot => "one-shot",
        })
    }
}

/// What fires at the deadlines.
#[derive(Clone, Debug, Args)]
pub(crate) struct SourceArgs {
    /// What stops a service whose budget is used up: the dispatcher by breakpoints in its text (`breakpoint`;
    /// where those cannot be used, by a signal) or by a signal (`signal`), a timer that expires each quantum
    /// (`periodic`), or one that is set for each invocation (`one-shot`).
    #[arg(long, value_name = "S", default_value_t)]
    pub(crate) source: SourceName,
    /// With `--source periodic`: its period, in microseconds [default: 20].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(i64::from(MIN_QUANTUM_US)..=i64::from(MAX_QUANTUM_US)))]
    pub(crate) quantum_us: Option<u32>,
    /// Let invocations of one worker take turns: after so many microseconds, one is paused while others
    /// wait, and goes on behind them. All its turns together have the budget.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(i64::from(MIN_SLICE_US)..=i64::from(MAX_SLICE_US)))]
    pub(crate) slice_us: Option<u32>,
}

impl SourceArgs {
    /// What a node is configured with.
    #[must_use]
    pub(crate) fn source(&self) -> Source {
        match self.source {
            SourceName::Breakpoint => Source::Breakpoint,
            SourceName::Signal => Source::Signal,
            SourceName::Periodic => {
                Source::Periodic { quantum_us: self.quantum_us.unwrap_or(DEFAULT_QUANTUM_US) }
            }
            SourceName::OneShot => Source::OneShot,
        }
    }
}

/// The value of `--budget-us`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Budget {
    /// What [`TargetArgs`] ask for.
    Auto,
    /// So many microseconds.
    Fixed(u32),
}

/// The text is no value of `--budget-us`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be `auto`, or a number from 1 to {}", u32::MAX)]
pub(crate) struct NoBudget;

impl FromStr for Budget {
    type Err = NoBudget;

    fn from_str(text: &str) -> Result<Self, NoBudget> {
        match text.parse() {
            _ if text == "auto" => Ok(Self::Auto),
            Ok(budget_us) if budget_us > 0 => Ok(Self::Fixed(budget_us)),
            _ => Err(NoBudget),
        }
    }
}

/// What `--budget-us auto` is computed from, besides the number of workers.
#[derive(Clone, Debug, Args)]
pub(crate) struct TargetArgs {
    /// With `--budget-us auto`: the latency to stay below while all workers are taken, in microseconds
    /// [default: 100].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) target_us: Option<u32>,
    /// With `--budget-us auto`: how many of all requests stay below it, in percent [default: 99].
    #[arg(long, value_name = "P")]
    pub(crate) tail: Option<f64>,
}

impl TargetArgs {
    /// The budget that keeps the latency on so many workers, in microseconds.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn budget_us(&self, workers: u16, source: Source) -> Result<u32, BudgetError> {
        let quantum_us = match source {
            Source::Periodic { quantum_us } => quantum_us,
            Source::Breakpoint | Source::Signal | Source::OneShot => 0,
        };
        let target_us = self.target_us.unwrap_or(DEFAULT_TARGET_US);
        let tail = self.tail.unwrap_or(DEFAULT_TAIL_PERCENT) / 100.0;
        let cores = workers.into();
        LatencyTarget { cores, target_us, tail, quantum_us }.budget_us()
    }
}
