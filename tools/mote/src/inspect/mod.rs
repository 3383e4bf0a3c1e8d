//! `mote inspect`: what an image holds, and whether the loader takes it. Nothing of it is run.
//!
//! `facts` reads the bytes, which may be anything; `text` prints what it found for a person.

mod facts;
mod help;
mod provenance;
mod text;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueHint};

use crate::service::source;
use crate::status::{Failure, Status};
use crate::terminal::output;
use facts::Facts;

/// `mote inspect`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = help::JSON)]
pub(crate) struct InspectArgs {
    /// The image to look at. It may be anything; nothing of it is run.
    #[arg(value_name = "IMAGE", value_hint = ValueHint::FilePath)]
    pub(crate) image: PathBuf,
    /// Print one JSON object instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Prints what the image holds. The status says whether the loader takes it.
///
/// # Errors
/// The file cannot be read, or stdout not written.
pub(crate) fn execute(args: &InspectArgs) -> Result<Status, Failure> {
    let bytes = source::read(&args.image)?;
    let facts = Facts::of(&bytes);
    output::print(&if args.json { json(&facts)? } else { text::of(&facts, output::columns()) })?;
    Ok(if facts.verdict.accepted { Status::Done } else { Status::BadImage })
}

fn json(facts: &Facts) -> anyhow::Result<String> {
    Ok(serde_json::to_string(facts).context(output::CANNOT)? + "\n")
}
