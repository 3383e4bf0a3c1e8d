//! The arguments of `mote torture`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use mote_abi::outcome::{Heap, Mode};
use mote_builder::Profile;

use super::{help, span};
use crate::service::choice::{self, MAX_MEMORY_KIB};
use crate::service::input::InputArgs;

/// `mote torture`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::AFTER)]
pub(crate) struct TortureArgs {
    /// A service's folder, which is built first, or an image.
    #[arg(value_name = "DIR|IMAGE", value_hint = ValueHint::AnyPath, required_unless_present = "suite", conflicts_with = "suite")]
    pub(crate) service: Option<PathBuf>,
    /// What the invocation gets.
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// What happens at the soft deadline, which is the injection [default: guarded; with --suite, each].
    #[arg(long, value_name = "M", value_parser = choice::mode())]
    pub(crate) mode: Option<Mode>,
    /// Inject at the instruction with this number only, or at those from the first number up to but
    /// without the second. The first instruction has number 0.
    #[arg(long, value_name = "N[..M]", value_parser = span::parse)]
    pub(crate) at: Option<(u64, u64)>,
    /// Inject at every Nth instruction only.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) every: u64,
    /// Preempt a second time, K instructions into the cleanup; of a range `K..L`, each injection takes
    /// another distance.
    #[arg(long, value_name = "K[..L]", value_parser = span::parse_short)]
    pub(crate) second: Option<(u32, u32)>,
    /// Pause the invocation at the injection instead of stopping it, run others, and go on: every verdict
    /// must then be `clean`.
    #[arg(long, conflicts_with_all = ["second", "suite"])]
    pub(crate) pause: bool,
    /// Inject in host text too: allocator, host calls, entry and exit.
    #[arg(long)]
    pub(crate) host: bool,
    /// Sweep every service on board and the corpus of small workloads, in debug and release images.
    #[arg(long)]
    pub(crate) suite: bool,
    /// Of the suite, sweep the images of this profile only [default: both].
    #[arg(long, value_name = "release|debug", hide_possible_values = true, requires = "suite", value_parser = profile())]
    pub(crate) profile: Option<Profile>,
    /// From the injection to the hard deadline, in microseconds.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) grace_us: u32,
    /// Lay program and windows out in the worker as this number says: the same number, the same addresses.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub(crate) layout: u64,
    /// How freed memory is treated: `bump` never uses it again.
    #[arg(long, value_name = "bump|general", hide_possible_values = true, default_value = Heap::Bump.name(), value_parser = choice::heap())]
    pub(crate) heap: Heap,
    /// The memory that the invocation may allocate, in KiB.
    #[arg(long, value_name = "N", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..=MAX_MEMORY_KIB))]
    pub(crate) memory_kib: u32,
    /// Follow the invocation for so many instructions [default: 1000000; 5000 if it never ends by itself].
    #[arg(long, value_name = "N", conflicts_with = "at", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Write the report as JSON to this file; `-` is stdout, instead of the table.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) json: Option<PathBuf>,
    /// Write a page with the annotated disassembly to this file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) html: Option<PathBuf>,
}

/// Takes the name of a [`Profile`].
fn profile() -> impl TypedValueParser<Value = Profile> {
    let names = Profile::ALL.map(Profile::name);
    let named = |name: &str| Profile::ALL.into_iter().find(|profile| profile.name() == name);
    PossibleValuesParser::new(names).map(move |name| named(&name).expect("a possible value"))
}
