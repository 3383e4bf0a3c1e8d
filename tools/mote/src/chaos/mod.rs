//! `mote chaos`: a node under load whose workers are killed while its services change; every answer is counted.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum, ValueHint};
use mote_bench::chaos::{self, Options, Plant};

use crate::status::{Failure, Status};
use crate::terminal::{bars, output};

/// `mote chaos`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChaosArgs {
    /// For how long requests are sent, in minutes.
    #[arg(long, value_name = "N", default_value = "1", value_parser = minutes)]
    pub(crate) minutes: Duration,
    /// What decides who is asked what and which fault comes when [default: another each time].
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// Write the result to FILE as JSON too; `-` is standard output.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) json: Option<PathBuf>,
    /// Do this to one answer on its way: then the run must fail.
    #[arg(long, value_name = "DEFECT")]
    pub(crate) plant: Option<Defect>,
}

/// `mote __chaos-node`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChaosNodeArgs {
    seed: u64,
}

/// What may happen to an answer.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Defect {
    /// It does not come.
    Loss,
    /// It comes twice.
    Repeat,
    /// It is another's.
    Swap,
}

impl From<Defect> for Plant {
    fn from(defect: Defect) -> Self {
        match defect {
            Defect::Loss => Self::Loss,
            Defect::Repeat => Self::Repeat,
            Defect::Swap => Self::Swap,
        }
    }
}

/// Runs, and prints what came of it. The status says whether anything was lost, repeated, wrong or leaked.
///
/// # Errors
/// The services do not build, or the node's process fails.
pub(crate) fn execute(args: &ChaosArgs) -> Result<Status, Failure> {
    let seed = args.seed.unwrap_or_else(mote_dispatcher::now_ns);
    let options = Options { seed, duration: args.minutes, plant: args.plant.map(Plant::from) };
    let report = chaos::run(&options, &bars::seconds(args.minutes.as_secs()))?;
    let json = serde_json::to_string(&report).context("cannot write the result")? + "\n";
    output::one_of(args.json.as_deref(), &json, || report.text())?;
    if report.is_sound() {
        return Ok(Status::Done);
    }
    eprintln!("not sound: run `mote chaos --seed {seed}` for the same requests and faults");
    Ok(Status::Failed)
}

/// The process with the node in it.
///
/// # Errors
/// As [`chaos::node::serve`].
pub(crate) fn serve(args: &ChaosNodeArgs) -> Result<Status, Failure> {
    chaos::node::serve(args.seed)?;
    Ok(Status::Done)
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes: f64 = text.parse().map_err(|_| "it must be a number of minutes".to_owned())?;
    let is_some = minutes > 0.0 && minutes <= 1_440.0;
    is_some
        .then(|| Duration::from_secs_f64(minutes * 60.0))
        .ok_or_else(|| "it must be more than 0 and at most 1440".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_a_positive_number() {
        assert_eq!(minutes("0.5"), Ok(Duration::from_secs(30)));
        for bad in ["", "0", "-1", "x", "nan", "1e9"] {
            assert!(minutes(bad).is_err(), "{bad}");
        }
    }
}
