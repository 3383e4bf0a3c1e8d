//! The paper's evaluation on this machine, ours beside what one would use instead.
//!
//! ```text
//!  floors ──▶ experiments, each with its contenders in turns ──▶ Results ──▶ table, JSON, page
//! ```
//!
//! Every sample counts: none is dropped, and what warms caches up is not a sample. Preemption is on
//! for ours, always.

use std::path::Path;

use clap::ValueEnum;
use indicatif::ProgressBar;

use crate::bundle;
use crate::contenders::peers::Peers;
use crate::contenders::peers::program::{self, Found};
use crate::contenders::place::Place;
use crate::error::Error;
use crate::experiments::setting::Setting;
use crate::experiments::table1::{self, Contenders};
use crate::experiments::{density, epochs, kill, quantum, slices, stops, tenants, timer};
use crate::results::{Floors, Results, ratios};
use crate::stats::row::Missing;

/// The services that are measured.
const SERVICES: &[&str] = &["timestamp", "numbered", "spin", "hashing", "holds", "fills"];

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Experiment {
    /// Latency warm and cold, and throughput, beside processes, shared libraries and wasmtime.
    Table1,
    /// How regular periodic timers are, and how late our watchdog.
    Timer,
    /// Figure 2: hashing throughput under preemption.
    Quantum,
    /// How late a kill comes, and how long the worker needs after it.
    Kill,
    /// How long it takes to give a worker to another tenant.
    Tenants,
    /// How cost grows up to 100,000 resident services.
    Density,
    /// wasmtime beside Mote: warm, cold, memory, stopping an endless loop, and what that costs.
    Peers,
    /// All of these.
    All,
}

impl Experiment {
    fn has(self, other: Self) -> bool {
        self == Self::All || self == other
    }

    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What is to be measured, and how.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// Which experiments.
    pub experiment: Experiment,
    /// Whether a fraction of the samples will do.
    pub is_quick: bool,
    /// How many services the density is measured with, instead of the usual numbers.
    pub services: Option<usize>,
    /// The program `mote-peers`; looked for, and built where that is possible, if it is not given.
    pub peers: Option<&'a Path>,
}

/// Measures it, and shows on `bar` how far it is.
///
/// # Errors
/// There is only one processor, a contender does not build or start, or an invocation does not end as
/// it must.
pub fn run(evaluation: Evaluation<'_>, bar: &ProgressBar) -> Result<Results, Error> {
    let place = Place::of_this_thread()?;
    let (peers, missing) = find_peers(evaluation, bar)?;
    let images = bundle::images(SERVICES, bar)?;
    let is_quick = evaluation.is_quick;
    let services = evaluation.services;
    let setting = Setting { is_quick, services, place: &place, images, peers, bar };
    let mut results = measure(&setting, evaluation)?;
    results.missing.extend(missing);
    bar.finish_and_clear();
    Ok(results)
}

/// wasmtime, or why it is not measured. Who asks for nothing else gets it built, or an error.
fn find_peers(
    evaluation: Evaluation<'_>,
    bar: &ProgressBar,
) -> Result<(Option<Peers>, Option<Missing>), Error> {
    let users = [Experiment::Table1, Experiment::Density, Experiment::Peers];
    if !users.iter().any(|&user| evaluation.experiment.has(user)) {
        return Ok((None, None));
    }
    let is_asked_for = evaluation.experiment == Experiment::Peers;
    let says = |what: &str| {
        bar.set_message(what.to_owned());
        if bar.is_hidden() {
            eprintln!("{what}");
        }
    };
    match program::find(evaluation.peers, is_asked_for || !evaluation.is_quick, says)? {
        Found::Program(program) => Ok((Some(Peers::new(program)?), None)),
        Found::Nothing(why) if is_asked_for => Err(Error::PeersMissing(why)),
        Found::Nothing(why) => {
            Ok((None, Some(Missing { what: "wasmtime".into(), why: why.to_string() })))
        }
    }
}

fn measure(setting: &Setting<'_>, evaluation: Evaluation<'_>) -> Result<Results, Error> {
    let which = evaluation.experiment;
    setting.bar.reset();
    setting.bar.set_length(steps(setting, which));
    setting.step("floors");
    let mut results = Results::new(command(evaluation), Floors::measure(setting.place)?);
    results.is_quick = setting.is_quick;
    if which.has(Experiment::Table1) {
        results.rows.extend(table1::rows(setting, Contenders::All)?);
    }
    if which == Experiment::Peers {
        results.rows.extend(table1::rows(setting, Contenders::Peers)?);
    }
    if let Some(peers) = setting.peers.as_ref().filter(|_| which.has(Experiment::Peers)) {
        results.rows.extend(epochs::rows(setting, peers)?);
    }
    if which.has(Experiment::Timer) {
        let found = timer::measure(setting)?;
        results.rows.extend(found.rows);
        results.timer = found.regularities;
        results.missing.extend(found.missing);
    }
    if which.has(Experiment::Quantum) {
        let (rows, quantum) = quantum::measure(setting)?;
        results.rows.extend(rows);
        results.quantum = quantum;
        results.rows.extend(slices::rows(setting)?);
    }
    if which.has(Experiment::Kill) {
        results.rows.extend(stops::rows(setting)?);
        results.rows.extend(kill::rows(setting)?);
    }
    if which.has(Experiment::Tenants) {
        results.rows.extend(tenants::rows(setting)?);
    }
    if which.has(Experiment::Density) {
        let found = density::measure(setting)?;
        results.rows.extend(found.rows);
        results.density = found.growths;
        results.missing.extend(found.missing);
    }
    ratios::compare(&mut results);
    Ok(results)
}

/// As one would type it.
fn command(evaluation: Evaluation<'_>) -> String {
    let quick = if evaluation.is_quick { " --quick" } else { "" };
    let services = evaluation.services.map(|services| format!(" --services {services}"));
    let services = services.unwrap_or_default();
    format!("mote bench {}{quick}{services}", evaluation.experiment.name())
}

/// Steps of the progress bar.
fn steps(setting: &Setting<'_>, which: Experiment) -> u64 {
    let is_quick = setting.is_quick;
    let table1 = table1::Size::new(is_quick).steps();
    let peers = if setting.peers.is_some() { epochs::steps(is_quick) } else { 0 };
    let steps = [
        (Experiment::Table1, table1),
        (Experiment::Peers, peers + if which == Experiment::Peers { table1 } else { 0 }),
        (Experiment::Timer, timer::steps(is_quick)),
        (Experiment::Quantum, quantum::steps(is_quick) + slices::steps(is_quick)),
        (Experiment::Kill, kill::steps(is_quick) + stops::steps(is_quick)),
        (Experiment::Tenants, tenants::steps()),
        (Experiment::Density, density::steps(setting)),
    ];
    let wanted = steps.iter().filter(|(experiment, _)| which.has(*experiment));
    1 + wanted.map(|(_, steps)| steps).sum::<u64>()
}
