//! Results on stdout and in files.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use console::Term;
use mote_bench::format::table;

use crate::status::{Failure, OrStatus as _, Status};
use crate::sys::standard_streams;

/// Standard output. Unlike the standard library's, it fails where there is none: the standard library
/// puts /dev/null in the place of a descriptor that was closed.
pub(crate) struct Stdout(io::StdoutLock<'static>);

impl Stdout {
    /// Locks it.
    pub(crate) fn lock() -> Self {
        Self(io::stdout().lock())
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        standard_streams::check_stdout().map_err(io::Error::other)?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The columns of the terminal that stdout is, if it is one.
pub(crate) fn columns() -> Option<usize> {
    table::columns(&Term::stdout())
}

/// Writes `text` to stdout.
///
/// # Errors
/// It cannot be written.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    write_all(text.as_bytes())
}

/// The same for bytes that are no text.
///
/// # Errors
/// They cannot be written.
pub(crate) fn write_all(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = Stdout::lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).context(CANNOT)?;
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
