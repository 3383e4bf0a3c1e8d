//! The contender that isolates by compiling: each service a WebAssembly module in a worker process.
//!
//! A module is resident, compiled ahead of time, and ready to be instantiated. A request is answered by
//! an instance that is kept, which remembers what earlier requests left in it, or by a fresh one. Cold
//! is a module that is only bytes in memory, or a file in the page cache.

use super::{Peers, SPARE};
use crate::contenders::mailbox::{Mailbox, Samples};
use crate::contenders::place::Place;
use crate::error::Error;
use crate::random::Random;
use crate::stats::latency::Times;

/// Whose instance answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instances {
    /// The same for every request to a module.
    Kept,
    /// One for each request, in any slot of the pool: wasmtime's default.
    Fresh,
    /// One for each request, in the slot of the pool that the module had before.
    Own,
}

/// Where a module is that is not resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Memory,
    File,
}

impl Instances {
    fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Fresh => "fresh",
            Self::Own => "own",
        }
    }

    /// The kind of request that it answers.
    fn request(self) -> &'static str {
        if self == Self::Kept { "kept" } else { "fresh" }
    }
}

/// A worker process with its modules.
pub(crate) struct Wasmtime {
    mailbox: Mailbox,
    instances: Instances,
    resident: usize,
    next_cold: usize,
    random: Random,
    empty_bytes: u64,
}

impl Wasmtime {
    /// Compiles the modules, starts a worker beside ours, and returns when all are resident.
    pub(crate) fn start(
        peers: &Peers,
        instances: Instances,
        resident: usize,
        place: &Place,
    ) -> Result<Self, Error> {
        let folder = peers.modules(resident)?;
        let start = |resident: usize| {
            let mut command = peers.command(&["serve", instances.word()]);
            command.arg(folder).args([resident.to_string(), SPARE.to_string()]);
            Mailbox::start(command, place)
        };
        let empty_bytes = start(0)?.memory_bytes()?;
        let mailbox = start(resident)?;
        let random = Random::new();
        Ok(Self { mailbox, instances, resident, next_cold: 0, random, empty_bytes })
    }

    /// Calls every module once.
    pub(crate) fn visit(&mut self) -> Result<(), Error> {
        self.mailbox.visit(self.instances.request(), self.resident)
    }

    /// Calls modules at random, one after the other.
    pub(crate) fn warm(&mut self, samples: Samples, times: &mut Times) -> Result<(), Error> {
        let Self { mailbox, instances, random, resident, .. } = self;
        mailbox.round(instances.request(), samples, times, || random.below(*resident))
    }

    /// Calls modules at random, many at once; returns how many, and how long that took in nanoseconds.
    pub(crate) fn saturated(&mut self, samples: Samples) -> Result<(u64, u64), Error> {
        let Self { mailbox, instances, random, resident, .. } = self;
        mailbox.saturated(instances.request(), samples, || random.below(*resident))
    }

    /// Has modules loaded that are not, instantiated, called and dropped, one after the other.
    pub(crate) fn cold(
        &mut self,
        origin: Origin,
        samples: Samples,
        times: &mut Times,
    ) -> Result<(), Error> {
        let Self { mailbox, next_cold, .. } = self;
        let kind = match origin {
            Origin::Memory => "cold-memory",
            Origin::File => "cold-file",
        };
        mailbox.round(kind, samples, times, || {
            *next_cold = (*next_cold + 1) % SPARE;
            *next_cold
        })
    }

    /// What each module takes, with its instance where that is kept and its slot where it was used, in
    /// bytes.
    pub(crate) fn bytes_each(&self) -> Result<u64, Error> {
        let bytes = self.mailbox.memory_bytes()?.saturating_sub(self.empty_bytes);
        Ok(bytes / self.resident.max(1) as u64)
    }

    /// The worker's mappings.
    pub(crate) fn mappings(&self) -> Result<usize, Error> {
        self.mailbox.mappings()
    }
}
