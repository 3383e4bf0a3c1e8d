//! The contender that isolates by compiling: each service a WebAssembly module in a worker process.
//!
//! A module is resident, compiled ahead of time, and ready to be instantiated. A request is answered by
//! an instance that is kept, which remembers what earlier requests left in it, or by a fresh one. Cold
//! is a module that is only bytes in memory, or a file in the page cache.

use super::super::mailbox::{Mailbox, Samples};
use super::super::place::Place;
use super::super::random::Random;
use super::{Peers, SPARE};
use crate::report::latency::Times;

/// Whose instance answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bench) enum Instances {
    /// The same for every request to a module.
    Kept,
    /// One for each request, in any slot of the pool: wasmtime's default.
    Fresh,
    /// One for each request, in the slot of the pool that the module had before.
    Own,
}

/// Where a module is that is not resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bench) enum Origin {
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
pub(in crate::bench) struct Wasmtime {
    mailbox: Mailbox,
    instances: Instances,
    resident: usize,
    next_cold: usize,
    random: Random,
    empty_bytes: u64,
}

impl Wasmtime {
    /// Compiles the modules, starts a worker beside ours, and returns when all are resident.
    pub(in crate::bench) fn start(
        peers: &Peers,
        instances: Instances,
        resident: usize,
        place: &Place,
    ) -> anyhow::Result<Self> {
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
    pub(in crate::bench) fn visit(&mut self) -> anyhow::Result<()> {
        self.mailbox.visit(self.instances.request(), self.resident)
    }

    /// Calls modules at random, one after the other.
    pub(in crate::bench) fn warm(
        &mut self,
        samples: Samples,
        times: &mut Times,
    ) -> anyhow::Result<()> {
        let Self { mailbox, instances, random, resident, .. } = self;
        mailbox.round(instances.request(), samples, times, || random.below(*resident))
    }

    /// Calls modules at random, many at once; returns how many, and how long that took in nanoseconds.
    pub(in crate::bench) fn saturated(&mut self, samples: Samples) -> anyhow::Result<(u64, u64)> {
        let Self { mailbox, instances, random, resident, .. } = self;
        mailbox.saturated(instances.request(), samples, || random.below(*resident))
    }

    /// Has modules loaded that are not, instantiated, called and dropped, one after the other.
    pub(in crate::bench) fn cold(
        &mut self,
        origin: Origin,
        samples: Samples,
        times: &mut Times,
    ) -> anyhow::Result<()> {
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
    pub(in crate::bench) fn bytes_each(&self) -> anyhow::Result<u64> {
        let bytes = self.mailbox.memory_bytes()?.saturating_sub(self.empty_bytes);
        Ok(bytes / self.resident.max(1) as u64)
    }

    /// The worker's mappings.
    pub(in crate::bench) fn mappings(&self) -> anyhow::Result<usize> {
        self.mailbox.mappings()
    }
}
