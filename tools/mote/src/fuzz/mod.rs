//! `mote fuzz`: random programs against the cleanup.

pub(crate) mod args;
mod help;

use std::time::Duration;

use anyhow::Context as _;
use mote_abi::outcome::Mode;
use mote_bench::fuzz::session::Session;
use mote_bench::samples::Samples;

use crate::status::{Failure, Status};
use crate::terminal::{bars, output};
use args::FuzzArgs;

/// The modes that must be sound.
const SOUND: [Mode; 2] = [Mode::Guarded, Mode::Discard];

/// For how long a find is shrunk.
const SHRINKING: Duration = Duration::from_secs(240);

/// Fuzzes, and prints what it found. The status says whether it found anything.
///
/// # Errors
/// A program does not build, a worker breaks down, the oracle fails, or an output cannot be written.
pub(crate) fn execute(args: &FuzzArgs) -> Result<Status, Failure> {
    let samples = args.samples.as_deref().map(|folder| Samples::create(folder, "mote fuzz"));
    let samples = samples.transpose()?;
    let session = Session {
        seed: args.seed,
        time: Duration::from_secs(60 * args.minutes),
        programs: args.programs.unwrap_or(u64::MAX / 2),
        modes: args.mode.as_ref().map_or(&SOUND, std::slice::from_ref),
        most_points: args.points,
        shrinking: SHRINKING,
        finds: &args.finds,
        oracle: args.oracle.as_deref(),
        samples: samples.as_ref(),
        is_planted: args.plant,
    };
    let report = session.run(&bars::injections())?;
    let json = serde_json::to_string_pretty(&report).context("cannot render the report")? + "\n";
    output::one_of(args.json.as_deref(), &json, || report.table(output::columns()))?;
    Ok(if report.is_unsound() { Status::Failed } else { Status::Done })
}
