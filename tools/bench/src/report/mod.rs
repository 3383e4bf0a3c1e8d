//! How results are told: a table for terminals, a page with plots for browsers. Pure, but for the
//! writing of files.

mod mappings;
mod page;
mod plots;
pub mod table;

use std::fs;
use std::io;
use std::path::Path;

use crate::error::Error;
use crate::results::Results;

/// Writes `index.html`, which needs no other file, and each plot as a file of its own.
///
/// # Errors
/// A plot cannot be drawn, or a file not be written.
pub fn write(folder: &Path, results: &Results) -> Result<(), Error> {
    let plots = plots::all(results)?;
    fs::create_dir_all(folder).map_err(cannot_write(folder))?;
    for plot in &plots {
        put(&folder.join(plot.file), &plot.svg)?;
    }
    put(&folder.join("index.html"), &page::of(results, &plots))
}

fn put(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(cannot_write(path))
}

fn cannot_write(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Write { path: path.to_owned(), source }
}
