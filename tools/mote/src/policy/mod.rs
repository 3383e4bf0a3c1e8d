//! `mote policy`: which crates and folders `mote build` vets.

mod args;

use anyhow::Context as _;
use mote_builder::Policy;
use mote_builder::policy::DEFAULT;
use serde::Serialize;

use crate::service::policy;
use crate::status::{Failure, Status};
use crate::terminal::output;
pub(crate) use args::PolicyArgs;

/// A policy, with the hash that images carry.
#[derive(Serialize)]
struct Shown<'a> {
    sha256: String,
    #[serde(flatten)]
    policy: &'a Policy,
}

/// Prints the policy that is inside or the one that is named, or checks a file.
///
/// # Errors
/// The file is no policy, or stdout cannot be written.
pub(crate) fn execute(args: &PolicyArgs) -> Result<Status, Failure> {
    let file = args.check.as_deref().or(args.policy.as_deref());
    let mut policy = policy::read(file)?;
    if let Some(lock) = &args.pin {
        policy = policy.pinned(&policy::text(lock)?);
    }
    let text = match (args.json, &args.check, file) {
        (true, ..) => json(&policy)?,
        _ if args.pin.is_some() => toml::to_string(&policy).context(output::CANNOT)?,
        (false, Some(file), _) => format!("{}: {}\n", file.display(), summary(&policy)),
        (false, None, Some(file)) => policy::text(file)?,
        (false, None, None) => DEFAULT.to_owned(),
    };
    output::print(&text)?;
    Ok(Status::Done)
}

fn json(policy: &Policy) -> anyhow::Result<String> {
    let shown = Shown { sha256: policy.sha256(), policy };
    Ok(serde_json::to_string(&shown).context(output::CANNOT)? + "\n")
}

fn summary(policy: &Policy) -> String {
    let (crates, folders) = (policy.crates(), policy.folders.len());
    format!("{crates} entries for crates, {folders} folders, SHA-256 {}", policy.sha256())
}
