//! The arguments of `mote fuzz`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use mote_abi::outcome::Mode;

use super::help;
use crate::service::choice;

/// `mote fuzz`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::AFTER)]
pub(crate) struct FuzzArgs {
    /// Begin no program later than this.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) minutes: u64,
    /// Generate at most so many programs [default: as many as the time allows].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) programs: Option<u64>,
    /// The seed of the first program; the next has the next. The same seed is the same program always.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(crate) seed: u64,
    /// What happens at the soft deadline, which is the injection [default: guarded, and discard].
    #[arg(long, value_name = "M", value_parser = choice::mode())]
    pub(crate) mode: Option<Mode>,
    /// Make at most about so many injections in a sweep of a program: at every second, third, …
    /// instruction of a longer one.
    #[arg(long, value_name = "N", default_value_t = 1_500, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) points: u64,
    /// Write the crate of each find below this folder.
    #[arg(long, value_name = "DIR", default_value = "fuzz-finds", value_hint = ValueHint::DirPath)]
    pub(crate) finds: PathBuf,
    /// Let this program judge. It gets each injection's record as a line of JSON on its standard input,
    /// and answers each with a line: the name of a verdict, or nothing where Mote's is to hold.
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString)]
    pub(crate) oracle: Option<String>,
    /// Write each injection's record to injections.jsonl in this folder, beside a description of the
    /// machine.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) samples: Option<PathBuf>,
    /// Write the report as JSON to this file; `-` is stdout, instead of the table.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) json: Option<PathBuf>,
    /// Run the first landing pad of each unwinding twice: shows that a double drop is found.
    #[arg(long, hide = true)]
    pub(crate) plant: bool,
}
