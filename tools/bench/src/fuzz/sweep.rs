//! Sweeps over one program: which, and at which of its instructions.

use std::fmt;

use mote_abi::outcome::{Heap, Mode};
use mote_dispatcher::torture::Case;
use serde::Serialize;

use super::batch::Batch;
use crate::error::Error;
use crate::torture::canaries::Canaries;
use crate::torture::sweep::{self, Found};

/// What a program may allocate, in KiB.
pub(super) const MEMORY_KIB: u32 = 1024;

/// From the injection to the hard deadline, in microseconds of the copy's own time. Programs end, so that a
/// long grace costs nothing.
const GRACE_US: u32 = 100_000;

/// How far into a cleanup the second preemption comes.
const SECOND: (u32, u32) = (1, 200);

/// A cleanup is stepped to its second preemption, which takes long: it has one injection of so many.
const SECOND_EVERY: u64 = 8;

/// Instructions after which a program is left.
const LIMIT: u64 = 20_000;

/// How a program is preempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Manner {
    /// What happens at the soft deadline.
    #[serde(serialize_with = "mode_name")]
    pub mode: Mode,
    /// Whether its cleanup is preempted too.
    pub is_second: bool,
}

impl Manner {
    /// Each in one mode. A discard runs no code of the service that could be preempted.
    pub(super) fn all(mode: Mode) -> impl Iterator<Item = Self> {
        let seconds: &[bool] = if mode == Mode::Discard { &[false] } else { &[false, true] };
        seconds.iter().map(move |&is_second| Self { mode, is_second })
    }
}

impl fmt::Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mode.name())?;
        if self.is_second { f.write_str(", second") } else { Ok(()) }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn mode_name<S: serde::Serializer>(mode: &Mode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(mode.name())
}

/// What all sweeps of a session share.
pub(super) struct Sweeps<'a> {
    /// What a worker must still answer.
    pub(super) canaries: &'a Canaries,
    /// The most injections of a sweep, about: a longer program is preempted at every second, third, …
    /// instruction.
    pub(super) most_points: u64,
    /// Whether the worker's unwinding drops twice.
    pub(super) is_planted: bool,
}

impl Sweeps<'_> {
    /// Preempts program `number` of `batch` in this manner, at one instruction of every so many.
    ///
    /// # Errors
    /// The worker breaks down.
    pub(super) fn run(
        &self,
        batch: &Batch,
        number: usize,
        manner: Manner,
        every: u64,
    ) -> Result<Found, Error> {
        let seed = batch.programs[number].seed;
        let every = if manner.is_second { every * SECOND_EVERY } else { every };
        let body = number.to_string();
        let case = Case {
            first: seed % every,
            end: LIMIT,
            every,
            mode: manner.mode,
            second: manner.is_second.then_some(SECOND),
            is_planted: self.is_planted,
            ..case(batch, &body, heap(seed))
        };
        Ok(sweep::run(&case, &self.canaries.known(), &mut |_| {})?)
    }

    /// At one instruction of how many program `number` is to be preempted.
    ///
    /// # Errors
    /// The worker breaks down.
    pub(super) fn every(&self, batch: &Batch, number: usize) -> Result<u64, Error> {
        let body = number.to_string();
        let none = Case { first: LIMIT, end: LIMIT, ..case(batch, &body, Heap::Bump) };
        let counted = sweep::run(&none, &self.canaries.known(), &mut |_| {})?;
        Ok(counted.instructions.min(LIMIT).div_ceil(self.most_points).max(1))
    }
}

/// The heap that the program of `seed` has.
pub(super) fn heap(seed: u64) -> Heap {
    if seed.is_multiple_of(2) { Heap::Bump } else { Heap::General }
}

fn case<'a>(batch: &'a Batch, body: &'a str, heap: Heap) -> Case<'a> {
    Case {
        body: body.as_bytes(),
        heap,
        memory_kib: MEMORY_KIB,
        grace_us: GRACE_US,
        ..Case::every_instruction("programs", &batch.image, Mode::Guarded)
    }
}
