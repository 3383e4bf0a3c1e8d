//! The contender that the paper compares with: each service a shared library in a worker process,
//! [`contender::libraries`](super::contender).

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use tempfile::TempDir;

use super::contender::{COLD, WARM};
use super::mailbox::{Mailbox, Samples};
use super::place::Place;
use super::programs::Program;
use super::random::Random;
use crate::report::latency::Times;
use crate::status::Failure;

/// Libraries that are not loaded, to be loaded in turn.
const SPARE: usize = 64;

/// A worker process with its libraries.
pub(super) struct Libraries {
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
    pub(super) fn start(
        program: &Program,
        resident: usize,
        place: &Place,
    ) -> Result<Self, Failure> {
        let library = program.built()?;
        let folder = tempfile::tempdir().context("cannot make a folder for libraries")?;
        let names = (0..resident).map(|index| index.to_string());
        // Links would be one file, and so one library: these are copies.
        for name in names.chain((0..SPARE).map(|index| format!("cold-{index}"))) {
            fs::copy(&library, folder.path().join(name)).context("cannot copy a library")?;
        }
        let start = |resident| Mailbox::start(command(folder.path(), resident)?, place);
        let empty_bytes = start(0)?.memory_bytes()?;
        let mailbox = start(resident)?;
        let random = Random::new();
        Ok(Self { mailbox, resident, next_cold: 0, random, empty_bytes, _folder: folder })
    }

    /// Calls every library once.
    pub(super) fn visit(&mut self) -> anyhow::Result<()> {
        self.mailbox.visit(WARM, self.resident)
    }

    /// Calls libraries at random, one after the other.
    pub(super) fn warm(&mut self, samples: Samples, times: &mut Times) -> anyhow::Result<()> {
        let Self { mailbox, random, resident, .. } = self;
        mailbox.round(WARM, samples, times, || random.below(*resident))
    }

    /// Calls libraries at random, many at once; returns how many, and how long that took in nanoseconds.
    pub(super) fn saturated(&mut self, samples: Samples) -> anyhow::Result<(u64, u64)> {
        let Self { mailbox, random, resident, .. } = self;
        mailbox.saturated(WARM, samples, || random.below(*resident))
    }

    /// Has libraries loaded that are not, called and unloaded, one after the other.
    pub(super) fn cold(&mut self, samples: Samples, times: &mut Times) -> anyhow::Result<()> {
        let Self { mailbox, next_cold, .. } = self;
        mailbox.round(COLD, samples, times, || {
            *next_cold = (*next_cold + 1) % SPARE;
            *next_cold
        })
    }

    /// What each library takes, in bytes.
    pub(super) fn bytes_each(&self) -> anyhow::Result<u64> {
        let bytes = self.mailbox.memory_bytes()?.saturating_sub(self.empty_bytes);
        Ok(bytes / self.resident.max(1) as u64)
    }

    /// The worker's mappings.
    pub(super) fn mappings(&self) -> anyhow::Result<usize> {
        self.mailbox.mappings()
    }
}

fn command(folder: &Path, resident: usize) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("which program is this?")?);
    command.args(["__contender", "libraries"]).arg(folder);
    command.args([resident.to_string(), SPARE.to_string()]);
    Ok(command)
}
