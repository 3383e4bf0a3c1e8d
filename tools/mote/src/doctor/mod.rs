//! `mote doctor`: what of the kernel and the machine is there for Mote, and what to change where it is not.
//!
//! `machine` reads what the kernel tells of itself, `isolation` asks the packages that put layers around
//! workers and builds, `breakpoints` says whether services can be stopped by those here; all make [`Finding`]s, which
//! `text` prints for a person.

mod breakpoints;
mod finding;
mod isolation;
mod machine;
mod text;
mod timer;

use anyhow::Context as _;
use clap::Args;

use crate::status::{Failure, Status};
use crate::terminal::output;
use finding::{Finding, Verdict};

const JSON: &str = "\
Exit status: 0 if everything that Mote needs is there, 5 if something is missing, whatever is only slower or less
isolated without.

With --json, one array on stdout, of objects:
  group    node, workers, builds or machine
  name     what was looked at
  verdict  ok, missing (Mote needs it), weaker (it works, less isolated or slower), note
  found    what was found
  remedy   what to change, or null";

/// `mote doctor`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = JSON)]
pub(crate) struct DoctorArgs {
    /// Print one JSON array instead of a list.
    #[arg(long)]
    pub(crate) json: bool,
    /// Also try whether breakpoints stop services without harm on this processor: so many stops at random moments, a
    /// tenth as many kills, and every answer compared. A million takes some minutes.
    #[arg(long, value_name = "STOPS", num_args = 0..=1, default_missing_value = "20000")]
    #[arg(value_parser = clap::value_parser!(u64).range(10..))]
    pub(crate) storm: Option<u64>,
}

/// Looks at everything, and prints what was found. The status says whether something is missing.
///
/// # Errors
/// Stdout cannot be written, or a storm was asked for and cannot begin.
pub(crate) fn execute(args: &DoctorArgs) -> Result<Status, Failure> {
    let mut findings = examine();
    if let Some(stops) = args.storm {
        findings.push(breakpoints::storm(stops)?);
    }
    output::print(&if args.json { json(&findings)? } else { text::of(&findings) })?;
    let is_healthy = findings.iter().all(|finding| finding.verdict != Verdict::Missing);
    Ok(if is_healthy { Status::Done } else { Status::NodeFailed })
}

fn examine() -> Vec<Finding> {
    let mut findings = vec![isolation::node()];
    findings.extend(isolation::workers());
    findings.extend(isolation::builds());
    findings.extend(machine::findings());
    findings.push(breakpoints::listed());
    findings
}

fn json(findings: &[Finding]) -> anyhow::Result<String> {
    Ok(serde_json::to_string(findings).context(output::CANNOT)? + "\n")
}
