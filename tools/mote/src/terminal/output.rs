//! Results on stdout and in files.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;

use crate::status::{Failure, OrStatus as _, Status};

/// Writes `text` to stdout.
///
/// # Errors
/// It cannot be written.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context(CANNOT)?;
    Ok(())
}

/// What a command was doing whose result cannot be written.
pub(crate) const CANNOT: &str = "cannot write the result";

/// Writes `json` to the file that is named, where `-` is stdout, and the table to stdout unless JSON goes
/// there.
///
/// # Errors
/// It cannot be written.
pub(crate) fn one_of(
    path: Option<&Path>,
    json: &str,
    table: impl FnOnce() -> String,
) -> Result<(), Failure> {
    match path {
        Some(path) if path == Path::new("-") => print(json),
        Some(path) => print(&table()).and_then(|()| write(path, json)),
        None => print(&table()),
    }
}

/// Writes `text` to a file.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text)
        .or_status(Status::Failed, || format!("cannot write {}", path.display()))
}
