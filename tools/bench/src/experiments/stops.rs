//! How a service that runs past its deadline is stopped, by a signal and by breakpoints in its text: how late
//! that comes, and what it costs the dispatcher.

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Job, NodeConfig, Source};

use super::setting::Setting;
use crate::contenders::node::{BenchNode, ended_as};
use crate::error::Error;
use crate::stats::row::Row;

/// The budget of an endless loop, in microseconds.
const LOOP_US: u32 = 100;
/// The body of `fills` that copies 16 MiB again and again.
const COPY: &[u8] = b"copy 16777216";
/// Its budget, in microseconds: it first writes into all of its memory.
const COPY_US: u32 = 60_000;
/// Its memory, in KiB.
const COPY_KIB: u32 = 40 << 10;

/// Steps of the progress bar.
pub(crate) fn steps(is_quick: bool) -> u64 {
    rounds(is_quick)
}

fn rounds(is_quick: bool) -> u64 {
    if is_quick { 2 } else { 20 }
}

/// One way of stopping one service.
struct Case<'a> {
    image: &'a [u8],
    source: Source,
    job: fn(&BenchNode) -> Job<'static>,
    samples: u64,
    late: Row,
    /// Of the dispatcher, if that is measured here.
    cost: Option<Row>,
}

/// Lets all ways take turns, round by round.
pub(crate) fn rows(setting: &Setting<'_>) -> Result<Vec<Row>, Error> {
    let mut cases = cases(setting)?;
    let rounds = rounds(setting.is_quick);
    for round in 0..rounds {
        setting.step(&format!("stops, round {} of {rounds}", round + 1));
        cases.iter_mut().try_for_each(Case::round)?;
    }
    Ok(cases.into_iter().flat_map(|case| [Some(case.late), case.cost]).flatten().collect())
}

fn cases<'a>(setting: &'a Setting<'_>) -> Result<[Case<'a>; 3], Error> {
    let (spin, fills) = (setting.image("spin")?, setting.image("fills")?);
    let is_quick = setting.is_quick;
    let (loops, copies) = if is_quick { (25, 2) } else { (200, 20) };
    let cost =
        |name: &str| Row::new(format!("kill_cost_{name}"), format!("dispatcher's cost, {name}"));
    let late = |name: &str, what: &str| {
        let row =
            format!("kill_late_{name}_{}", if what == "endless loop" { "loop" } else { "copy" });
        Row::new(row, format!("deadline to handler: {name}, {what}"))
    };
    let case = |source, image, job, samples| {
        let name = if source == Source::Signal { "signal" } else { "breakpoint" };
        let is_loop = image == spin;
        let what = if is_loop { "endless loop" } else { "copy of 16 MiB" };
        let cost = is_loop.then(|| cost(name));
        Case { image, source, job, samples, late: late(name, what), cost }
    };
    Ok([
        case(Source::Signal, spin, endless, loops),
        case(Source::Breakpoint, spin, endless, loops),
        case(Source::Breakpoint, fills, copying, copies),
    ])
}

fn node(image: &[u8], source: Source) -> Result<BenchNode, Error> {
    let config = |config| NodeConfig { source, unlisted_processor: true, ..config };
    let mut node = BenchNode::start_as(image, config)?;
    node.fill(1)?;
    Ok(node)
}

fn endless(node: &BenchNode) -> Job<'static> {
    Job { mode: Mode::Discard, budget_us: LOOP_US, ..node.job(0, b"") }
}

fn copying(node: &BenchNode) -> Job<'static> {
    Job {
        mode: Mode::Discard,
        budget_us: COPY_US,
        memory_kib: COPY_KIB,
        heap: Heap::General,
        ..node.job(0, COPY)
    }
}

impl Case<'_> {
    /// On a node of its own, because the workers of several would share a processor.
    fn round(&mut self) -> Result<(), Error> {
        const WARM_UP: u64 = 2;
        let mut node = node(self.image, self.source)?;
        for sample in 0..WARM_UP + self.samples {
            let before_ns = node.node.stop_counts().spent_ns;
            let completed = node.run((self.job)(&node))?;
            ended_as(Outcome::OverBudget, &completed)?;
            let spent_ns = node.node.stop_counts().spent_ns - before_ns;
            if sample < WARM_UP {
                continue;
            }
            self.late.times.add(completed.late_ns.ok_or(Error::NotPreempted)?);
            if let Some(cost) = &mut self.cost {
                cost.times.add(spent_ns);
            }
        }
        Ok(())
    }
}
