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
    /// Print one JSON object: `sha256`, which images carry, and the policy.
    #[arg(long)]
    pub(crate) json: bool,
}
