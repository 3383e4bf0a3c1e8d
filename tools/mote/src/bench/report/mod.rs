//! How results are told: a table for terminals, a page with plots for browsers. Pure, but for the
//! writing of files.

mod mappings;
mod page;
mod plots;
pub(super) mod table;

use std::fs;
use std::path::Path;

use super::results::Results;

/// Writes `index.html`, which needs no other file, and each plot as a file of its own.
pub(super) fn write(folder: &Path, results: &Results) -> anyhow::Result<()> {
    let plots = plots::all(results)?;
    fs::create_dir_all(folder)?;
    for plot in &plots {
        fs::write(folder.join(plot.file), &plot.svg)?;
    }
    Ok(fs::write(folder.join("index.html"), page::of(results, &plots))?)
}
