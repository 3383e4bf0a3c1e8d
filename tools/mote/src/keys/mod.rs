//! `mote keys`: the keys that sign images.

mod args;

use anyhow::Context as _;
use mote_builder::Keys;
use serde::Serialize;

use crate::status::{Failure, OrStatus as _, Status};
use crate::terminal::output;
pub(crate) use args::KeysArgs;
use args::KeysCommand;

/// One key, without its secret.
#[derive(Serialize)]
struct Listed {
    name: String,
    key: String,
}

/// Makes a key, or lists them.
///
/// # Errors
/// A file of a key cannot be read or written, or stdout cannot be written.
pub(crate) fn execute(args: &KeysArgs) -> Result<Status, Failure> {
    let keys = Keys::of_user().or_status(Status::Failed, || "there are no keys")?;
    match &args.command {
        KeysCommand::New { name } => {
            let key = keys.create(name).or_status(Status::Failed, || "no key was made")?;
            output::print(&format!("{key}\n"))?;
        }
        KeysCommand::List { json } => {
            let found = keys.list().or_status(Status::Failed, || "cannot list the keys")?;
            let listed = found.into_iter().map(|(name, key)| Listed { name, key: key.to_string() });
            output::print(&if *json { as_json(listed)? } else { listed.map(line).collect() })?;
        }
    }
    Ok(Status::Done)
}

fn line(Listed { name, key }: Listed) -> String {
    format!("{name}  {key}\n")
}

fn as_json(listed: impl Iterator<Item = Listed>) -> anyhow::Result<String> {
    let listed: Vec<Listed> = listed.collect();
    Ok(serde_json::to_string(&listed).context(output::CANNOT)? + "\n")
}
