//! `mote torture`: preempt an invocation at every instruction, and see what the cleanup did.
//!
//! ```text
//!  Case ─▶ sweep::run ─▶ Found: a record for each injection ─▶ Report ─▶ table, JSON
//!            │ worker of its own                │                └▶ html: annotated disassembly
//!            └ steps, forks, injects            └ verdict, map: what it shows, and where it was
//! ```
//!
//! The mechanism is in the torture worker (`runtime/worker/src/torture`), which carries the production
//! handlers and differs from the production worker in what drives it.

pub mod canaries;
pub(crate) mod help;
pub mod html;
pub mod map;
pub mod report;
mod suite;
pub mod sweep;
pub mod table;
pub mod verdict;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use mote_abi::outcome::Mode;
use mote_dispatcher::torture::SweepError;

use crate::cli::args::TortureArgs;
use crate::run::{input, source};
use crate::error::Error;
use canaries::Canaries;
use map::Map;
use report::Report;
use sweep::Case;

/// Sweeps, and prints what it found. The status says whether the host was damaged.
///
/// # Errors
/// The service does not build or is refused, the worker breaks down, or an output cannot be written.
pub fn execute(args: &TortureArgs) -> Result<Status, Error> {
    if args.suite {
        return suite::execute(args);
    }
    let canaries = Canaries::build()?;
    let body = input::body(&args.input)?;
    let service = args.service.as_deref().expect("clap asks for it");
    let source = source::load(service)?;
    let case = case(args, &source, &body);
    let bar = progress();
    let found = sweep::run(&case, canaries.known(), &mut |progress| {
        bar.set_length(progress.instructions);
        bar.set_position(progress.points);
    });
    bar.finish_and_clear();
    let found = found.map_err(failure)?;
    let map = Map::new(case.image, found.text_address);
    let report = Report::new(&case, &found, &map);
    if let Some(path) = &args.html {
        write(path, &html::page(&report, &found, &map, case.image))?;
    }
    tell(args, &report, &table::of(&report))?;
    Ok(if report.verdicts.host_damage == 0 { Status::Done } else { Status::Failed })
}

fn case<'a>(args: &TortureArgs, source: &'a source::Source, body: &'a [u8]) -> Case<'a> {
    let (first, end) = args.at.unwrap_or((0, args.limit));
    Case {
        body,
        heap: args.heap,
        memory_kib: args.memory_kib,
        grace_us: args.grace_us,
        first,
        end,
        every: args.every,
        reaches_host: args.host,
        second: args.second,
        pauses: args.pause,
        ..Case::every_instruction(&source.name, &source.bytes, args.mode.unwrap_or(Mode::Guarded))
    }
}

fn failure(error: SweepError) -> Failure {
    let status = match error {
        SweepError::Deploy(_) => Status::BadImage,
        _ => Status::NodeFailed,
    };
    Failure { status, error: error.into() }
}

/// Writes the report as JSON where it is asked for, and the table to stdout unless JSON goes there.
fn tell(args: &TortureArgs, report: &impl serde::Serialize, table: &str) -> Result<(), Error> {
    let json = serde_json::to_string_pretty(report).context("cannot render the report")? + "\n";
    let is_stdout = args.json.as_deref() == Some(Path::new("-"));
    let output = if is_stdout { &json } else { table };
    io::stdout().write_all(output.as_bytes()).context("cannot write the result")?;
    match args.json.as_deref().filter(|_| !is_stdout) {
        Some(path) => write(path, &json),
        None => Ok(()),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text)
        .or_status(Status::Failed, || format!("cannot write {}", path.display()))
}

/// Shown on terminals only.
fn progress() -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(TEMPLATE).expect("a constant template that is tested");
    ProgressBar::new(0).with_style(style)
}

const TEMPLATE: &str = "{spinner} {human_pos} injections, {per_sec} {msg}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_of_the_progress_bar_is_valid() {
        let _ = ProgressStyle::with_template(TEMPLATE).unwrap();
    }
}
