//! Preemption, ours and wasmtime's: how long it takes to stop an endless loop, and what being able to
//! stop it costs a loop that nobody stops.
//!
//! wasmtime's compiler has every loop look at a number, the epoch, each time around; our services are
//! compiled without anything, and are interrupted by a signal.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use mote_abi::outcome::Mode;
use mote_dispatcher::Job;

use super::hashing::{Hashed, Hashing};
use super::setting::Setting;
use crate::contenders::mailbox::Samples;
use crate::contenders::node::BenchNode;
use crate::contenders::outside;
use crate::contenders::peers::Peers;
use crate::error::Error;
use crate::stats::latency::Times;
use crate::stats::row::Row;

/// How long an endless loop may run, in microseconds.
const BUDGET_US: u32 = 100;

struct Size {
    rounds: u64,
    loops: u64,
    hashing_ms: u64,
}

impl Size {
    fn new(is_quick: bool) -> Self {
        match is_quick {
            true => Self { rounds: 2, loops: 25, hashing_ms: 20 },
            false => Self { rounds: 20, loops: 100, hashing_ms: 50 },
        }
    }
}

/// Steps of the progress bar.
pub(crate) fn steps(is_quick: bool) -> u64 {
    Size::new(is_quick).rounds
}

/// Lets both take turns, round by round.
pub(crate) fn rows(setting: &Setting<'_>, peers: &Peers) -> Result<Vec<Row>, Error> {
    let size = Size::new(setting.is_quick);
    let mut node = BenchNode::start(setting.image("spin")?)?;
    node.fill(1)?;
    let mut ours = Row::new("mote_interrupted", "Mote, endless loop, deadline to ready");
    let mut theirs = Row::new("wasmtime_interrupted", "wasmtime, endless loop, deadline to caller");
    let (mut plain, mut epochs) = (Hashing::default(), Hashing::default());
    for round in 0..size.rounds {
        setting.step(&format!("epochs, round {} of {}", round + 1, size.rounds));
        discard(&mut node, (20, size.loops), &mut ours.times)?;
        theirs.times.extend(interrupt(setting, peers, size.loops)?);
        plain.add(hash(setting, peers, "plain", size.hashing_ms)?);
        epochs.add(hash(setting, peers, "epochs", size.hashing_ms)?);
    }
    let plain = plain.row("hashing_wasmtime", "wasmtime");
    let epochs = epochs.row("hashing_wasmtime_epochs", "wasmtime with epochs");
    Ok(vec![ours, theirs, plain, epochs])
}

/// From the deadline until our worker is ready for its next request.
fn discard(
    node: &mut BenchNode,
    (warm_up, samples): Samples,
    times: &mut Times,
) -> Result<(), Error> {
    for sample in 0..warm_up + samples {
        let job = Job { mode: Mode::Discard, budget_us: BUDGET_US, ..node.job(0, b"") };
        let completed = node.run(job)?;
        let parts_ns = completed.late_ns.zip(completed.cleanup_ns);
        let (late_ns, cleanup_ns) = parts_ns.ok_or(Error::NotPreempted)?;
        if sample >= warm_up {
            times.add(late_ns + cleanup_ns);
        }
    }
    Ok(())
}

/// The times from the deadline until the caller of the loop has control again.
fn interrupt(setting: &Setting<'_>, peers: &Peers, loops: u64) -> Result<Vec<u64>, Error> {
    let cpu = setting.place.cores.dispatcher.to_string();
    let words = ["interrupt", &cpu, &BUDGET_US.to_string(), &loops.to_string()];
    numbers(setting, peers.command(&words), Duration::from_secs(30))
}

fn hash(
    setting: &Setting<'_>,
    peers: &Peers,
    how: &str,
    duration_ms: u64,
) -> Result<Hashed, Error> {
    let command = peers.command(&["hash", how, &duration_ms.to_string()]);
    match numbers(setting, command, Duration::from_secs(30))?[..] {
        [hashes, taken_ns] => Ok(Hashed { hashes, taken_ns }),
        _ => Err(Error::NoNumbers { program: "mote-peers hash".to_owned() }),
    }
}

fn numbers(setting: &Setting<'_>, command: Command, limit: Duration) -> Result<Vec<u64>, Error> {
    // Our worker sleeps by then.
    sleep(Duration::from_millis(2));
    let numbers = outside::numbers(setting.place, command, limit)?;
    numbers.ok_or(Error::TooSlow { program: "mote-peers", limit_s: limit.as_secs() })
}
