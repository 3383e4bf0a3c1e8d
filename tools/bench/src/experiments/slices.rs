//! What time slices leave of the hashing rate: a worker hashes, and at the end of each slice a trivial
//! invocation that waits has its turn.
//!
//! The paper's Figure 2 asks this of timers, after whose signals the same code goes on. Here another
//! invocation runs in between: stopping, saving, two switches and going on are all in it.

use mote_abi::outcome::{Heap, Mode};
use mote_dispatcher::{Job, Node, NodeConfig, ServiceId, Source};

use super::hashing::{Hashed, Hashing};
use super::setting::Setting;
use crate::contenders::node::number;
use crate::error::Error;
use crate::stats::row::Row;

/// The slices, in microseconds.
const SLICES_US: [u32; 2] = [20, 5];
/// Hashes of one invocation: some milliseconds.
const HASHES: u32 = 16_384;
/// What nothing here reaches, in microseconds.
const AMPLE_US: u32 = 1_000_000;
/// What the hashing service allocates, and some more, in KiB.
const MEMORY_KIB: u32 = 4_096;
/// The dispatcher and the worker are awake through a round, and asleep while others have theirs.
const SPIN_US: u32 = 500;

/// One row: its slice, if it has one.
struct Point {
    slice_us: Option<u32>,
    hashing: Hashing,
}

/// A node that hashes, and what interrupts that.
struct Turns {
    node: Node,
    hashing: ServiceId,
    trivial: ServiceId,
    /// Whether a trivial invocation waits at every time.
    is_disturbed: bool,
}

fn rounds(is_quick: bool) -> u64 {
    if is_quick { 2 } else { 20 }
}

/// Steps of the progress bar.
pub(crate) fn steps(is_quick: bool) -> u64 {
    rounds(is_quick)
}

/// Lets all slices take turns, round by round.
pub(crate) fn rows(setting: &Setting<'_>) -> Result<Vec<Row>, Error> {
    let slices = SLICES_US.map(Some).into_iter().chain([None]);
    let mut points: Vec<_> =
        slices.map(|slice_us| Point { slice_us, hashing: Hashing::default() }).collect();
    let rounds = rounds(setting.is_quick);
    for round in 0..rounds {
        setting.step(&format!("slices, round {} of {rounds}", round + 1));
        for point in &mut points {
            // On a node of its own, because the workers of several would share a processor.
            let mut turns = Turns::start(setting, point.slice_us)?;
            turns.hash()?;
            point.hashing.add(turns.hash()?);
        }
    }
    Ok(points.into_iter().map(Point::row).collect())
}

impl Turns {
    fn start(setting: &Setting<'_>, slice_us: Option<u32>) -> Result<Self, Error> {
        let mut node = Node::start(&NodeConfig {
            workers: 1,
            source: Source::Breakpoint,
            unlisted_processor: true,
            slice_us,
            spin_us: SPIN_US,
            ..NodeConfig::default()
        })?;
        let mut place = |name| {
            let service = node.deploy(name, setting.image(name)?.to_vec())?;
            node.place(service)?;
            Ok::<_, Error>(service)
        };
        let (hashing, trivial) = (place("hashing")?, place("timestamp")?);
        Ok(Self { node, hashing, trivial, is_disturbed: slice_us.is_some() })
    }

    /// The time is the service's own, from one reading of its clock to another, and so includes what others took.
    fn hash(&mut self) -> Result<Hashed, Error> {
        let hashing = self.node.submit(job(self.hashing, &HASHES.to_le_bytes()))?;
        let mut trivial = None;
        let taken_ns = loop {
            if self.is_disturbed && trivial.is_none() {
                trivial = Some(self.node.submit(job(self.trivial, b""))?);
            }
            let ended = self.node.wait().ok_or(Error::Lost)?;
            let answer = number(&ended)?;
            if ended.ticket == hashing {
                break answer;
            }
            trivial = None;
        };
        if trivial.is_some() {
            number(&self.node.wait().ok_or(Error::Lost)?)?;
        }
        Ok(Hashed { hashes: HASHES.into(), taken_ns })
    }
}

fn job(service: ServiceId, body: &[u8]) -> Job<'_> {
    Job {
        service,
        body,
        mode: Mode::Guarded,
        heap: Heap::Bump,
        budget_us: AMPLE_US,
        grace_us: AMPLE_US,
        memory_kib: MEMORY_KIB,
    }
}

impl Point {
    fn row(self) -> Row {
        let Some(slice_us) = self.slice_us else {
            return self.hashing.row("hash_undisturbed", "nobody waits");
        };
        let label = format!("slices of {slice_us} µs");
        self.hashing.row(format!("hash_breakpoint_{slice_us}"), &label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_named_by_their_slices() {
        let name = |slice_us| Point { slice_us, hashing: Hashing::default() }.row().name;
        assert_eq!(name(Some(20)), "hash_breakpoint_20");
        assert_eq!(name(Some(5)), "hash_breakpoint_5");
        assert_eq!(name(None), "hash_undisturbed");
    }
}
