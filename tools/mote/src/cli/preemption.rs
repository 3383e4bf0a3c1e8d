//! The arguments that say who stops an invocation, and when.

use clap::{Args, ValueEnum};
use mote_dispatcher::{MAX_QUANTUM_US, MIN_QUANTUM_US, Source};

/// Who makes a worker look at the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SourceName {
    /// The dispatcher signals a worker that is past a deadline.
    #[default]
    Watchdog,
    /// A timer of the worker expires each quantum.
    Periodic,
    /// A timer of the worker is set for each invocation.
    OneShot,
}

/// What fires at the deadlines.
#[derive(Clone, Debug, Args)]
pub struct SourceArgs {
    /// What notices that the budget is used up: the dispatcher (`watchdog`), a timer that expires each
    /// quantum (`periodic`), or one that is set for each invocation (`one-shot`).
    #[arg(long, value_name = "S", hide_possible_values = true, value_enum, default_value_t)]
    pub source: SourceName,
    /// The period of the periodic source, in microseconds.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(i64::from(MIN_QUANTUM_US)..=i64::from(MAX_QUANTUM_US)))]
    pub quantum_us: u32,
}

impl SourceArgs {
    /// What a node is configured with.
    #[must_use]
    pub fn source(&self) -> Source {
        match self.source {
            SourceName::Watchdog => Source::Watchdog,
            SourceName::Periodic => Source::Periodic { quantum_us: self.quantum_us },
            SourceName::OneShot => Source::OneShot,
        }
    }
}
