//! `mote inspect`: what an image holds, and whether the loader takes it. Nothing of it is run.
//!
//! `facts` reads the bytes, which may be anything; `text` prints what it found for a person.

pub(crate) mod facts;
pub(crate) mod functions;
pub(crate) mod help;
mod text;

use std::io::{self, Write as _};

use anyhow::Context as _;

use crate::cli::args::InspectArgs;
use crate::run::source;
use crate::status::{Failure, Status};
use facts::Facts;

/// Prints what the image holds. The status says whether the loader takes it.
///
/// # Errors
/// The file cannot be read, or stdout not written.
pub fn execute(args: &InspectArgs) -> Result<Status, Failure> {
    let bytes = source::read(&args.image)?;
    let facts = Facts::of(&bytes);
    let output = if args.json { json(&facts)? } else { text::of(&facts) };
    io::stdout().write_all(output.as_bytes()).context("cannot write the result")?;
    Ok(if facts.verdict.accepted { Status::Done } else { Status::BadImage })
}

fn json(facts: &Facts) -> anyhow::Result<String> {
    Ok(serde_json::to_string(facts).context("cannot write the result")? + "\n")
}
