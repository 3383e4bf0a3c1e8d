//! The contender that the paper compares with: each service a shared library in a worker process,
//! [`contender::libraries`](super::contender).

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::child::{COLD, WARM};
use super::mailbox::{Mailbox, Samples};
use super::outside;
use super::place::Place;
use super::programs::Program;
use crate::error::Error;
use crate::random::Random;
use crate::stats::latency::Times;

/// Libraries that are not loaded, to be loaded in turn.
const SPARE: usize = 64;

/// A worker process with its libraries.
pub(crate) struct Libraries {
    mailbox: Mailbox,
    resident: usize,
    next_cold: usize,
    random: Random,
    empty_bytes: u64,
    /// Goes with the copies in it.
    _folder: TempDir,
}

impl Libraries {
    /// Copies the library, starts a worker beside ours, and returns when `resident` copies are loaded.
    pub(crate) fn start(program: &Program, resident: usize, place: &Place) -> Result<Self, Error> {
        let library = program.built()?;
        let folder = tempfile::tempdir().map_err(Error::Temporary)?;
        let names = (0..resident).map(|index| index.to_string());
        // Links would be one file, and so one library: these are copies.
        for name in names.chain((0..SPARE).map(|index| format!("cold-{index}"))) {
            fs::copy(&library, folder.path().join(name)).map_err(Error::Temporary)?;
        }
        let start = |resident| Mailbox::start(command(folder.path(), resident)?, place);
        let empty_bytes = start(0)?.memory_bytes()?;
        let mailbox = start(resident)?;
        let random = Random::new();
        Ok(Self { mailbox, resident, next_cold: 0, random, empty_bytes, _folder: folder })
    }

    /// Calls every library once.
    pub(crate) fn visit(&mut self) -> Result<(), Error> {
        self.mailbox.visit(WARM, self.resident)
    }

    /// Calls libraries at random, one after the other.
    pub(crate) fn warm(&mut self, samples: Samples, times: &mut Times) -> Result<(), Error> {
        let Self { mailbox, random, resident, .. } = self;
        mailbox.round(WARM, samples, times, || random.below(*resident))
    }

    /// Calls libraries at random, many at once; returns how many, and how long that took in nanoseconds.
    pub(crate) fn saturated(&mut self, samples: Samples) -> Result<(u64, u64), Error> {
        let Self { mailbox, random, resident, .. } = self;
        mailbox.saturated(WARM, samples, || random.below(*resident))
    }

    /// Has libraries loaded that are not, called and unloaded, one after the other.
    pub(crate) fn cold(&mut self, samples: Samples, times: &mut Times) -> Result<(), Error> {
        let Self { mailbox, next_cold, .. } = self;
        mailbox.round(COLD, samples, times, || {
            *next_cold = (*next_cold + 1) % SPARE;
            *next_cold
        })
    }

    /// What each library takes, in bytes.
    pub(crate) fn bytes_each(&self) -> Result<u64, Error> {
        let bytes = self.mailbox.memory_bytes()?.saturating_sub(self.empty_bytes);
        Ok(bytes / self.resident.max(1) as u64)
    }

    /// The worker's mappings.
    pub(crate) fn mappings(&self) -> Result<usize, Error> {
        self.mailbox.mappings()
    }
}

fn command(folder: &Path, resident: usize) -> Result<Command, Error> {
    let mut command = outside::contender(&["libraries"])?;
    command.arg(folder);
    command.args([resident.to_string(), SPARE.to_string()]);
    Ok(command)
}
