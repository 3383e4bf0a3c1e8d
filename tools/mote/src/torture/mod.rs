//! `mote torture`: preempt an invocation at every instruction, and see what the cleanup did.

pub(crate) mod args;
mod help;
mod span;

use anyhow::Context as _;
use mote_abi::outcome::Mode;
use mote_bench::torture::canaries::Canaries;
use mote_bench::torture::map::Map;
use mote_bench::torture::report::Report;
use mote_bench::torture::suite::Suite;
use mote_bench::torture::sweep::ENDLESS_LIMIT;
use mote_bench::torture::{html, sweep, table};
use mote_dispatcher::torture::Case;

use crate::service::{input, source};
use crate::status::{Failure, Status};
use crate::terminal::{bars, output};
use args::TortureArgs;

/// Instructions after which an invocation is left that may end by itself.
const DEFAULT_LIMIT: u64 = 1_000_000;

/// Sweeps, and prints what it found. The status says whether the host was damaged.
///
/// # Errors
/// The service does not build or is refused, the worker breaks down, or an output cannot be written.
pub(crate) fn execute(args: &TortureArgs) -> Result<Status, Failure> {
    match args.service.as_deref() {
        Some(service) => one(args, &source::load(service)?),
        None => suite(args),
    }
}

fn one(args: &TortureArgs, source: &source::Source) -> Result<Status, Failure> {
    let canaries = Canaries::build()?;
    let body = input::body(&args.input)?;
    let case = Case { name: &source.name, image: &source.bytes, body: &body, ..template(args) };
    let bar = bars::injections();
    let case = bounded(args, case, &canaries)?;
    let found = sweep::run(&case, &canaries.known(), &mut |progress| {
        bar.set_position(progress.points);
    });
    bar.finish_and_clear();
    let found = found.map_err(mote_bench::Error::from)?;
    let map = Map::new(case.image, found.text_address, found.layout);
    let report = Report::new(&case, &found, &map);
    if let Some(path) = &args.html {
        output::write(path, &html::single::page(&report, &found, &map, case.image))?;
    }
    tell(args, &report, || table::of(&report, output::columns()))?;
    Ok(status(std::slice::from_ref(&report)))
}

/// An invocation that never ends is followed for long only if somebody asks for it.
fn bounded<'a>(
    args: &TortureArgs,
    case: Case<'a>,
    canaries: &Canaries,
) -> Result<Case<'a>, Failure> {
    let is_asked_for = args.limit.is_some() || args.at.is_some();
    let is_endless = || sweep::is_endless(&case, &canaries.known());
    if is_asked_for || !is_endless().map_err(mote_bench::Error::from)? {
        return Ok(case);
    }
    eprintln!(
        "{} does not end by itself: it is followed for {ENDLESS_LIMIT} instructions; --limit N follows it \
         for more",
        case.name
    );
    Ok(Case { end: ENDLESS_LIMIT, ..case })
}

fn suite(args: &TortureArgs) -> Result<Status, Failure> {
    let suite = Suite {
        profile: args.profile,
        mode: args.mode,
        template: template(args),
        keeps_points: args.html.is_some(),
    };
    let results = suite.run(&bars::injections())?;
    if let Some(path) = &args.html {
        output::write(path, &results.page())?;
    }
    tell(args, &results.reports, || table::of_all(&results.reports, output::columns()))?;
    Ok(status(&results.reports))
}

/// All that the arguments say of a sweep, of no service yet.
fn template(args: &TortureArgs) -> Case<'static> {
    let (first, end) = args.at.unwrap_or((0, args.limit.unwrap_or(DEFAULT_LIMIT)));
    Case {
        heap: args.heap,
        memory_kib: args.memory_kib,
        grace_us: args.grace_us,
        first,
        end,
        every: args.every,
        reaches_host: args.host,
        second: args.second,
        layout_seed: args.layout,
        pauses: args.pause,
        ..Case::every_instruction("", b"", args.mode.unwrap_or(Mode::Guarded))
    }
}

fn status(reports: &[Report]) -> Status {
    let is_damaged = reports.iter().any(|report| report.verdicts.host_damage > 0);
    if is_damaged { Status::Failed } else { Status::Done }
}

fn tell(
    args: &TortureArgs,
    report: &impl serde::Serialize,
    table: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(report).context("cannot render the report")? + "\n";
    output::one_of(args.json.as_deref(), &json, table)
}
