//! The arguments of `mote policy`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// `mote policy`.
#[derive(Clone, Debug, Args)]
pub(crate) struct PolicyArgs {
    /// The policy to print, instead of the one that is inside.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "MOTE_POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Say whether FILE is a policy, and what it holds.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) check: Option<PathBuf>,
    /// Print of the policy what it vets in a Cargo.lock, each crate by its one version and checksum.
    #[arg(long, value_name = "LOCKFILE", value_hint = ValueHint::FilePath, conflicts_with = "check")]
    pub(crate) pin: Option<PathBuf>,
    /// Print one JSON object: `sha256`, which images carry, and the policy.
    #[arg(long)]
    pub(crate) json: bool,
}
