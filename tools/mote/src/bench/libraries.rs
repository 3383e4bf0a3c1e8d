//! The contender that the paper compares with: each service a shared library in a worker process.
//!
//! The worker is [`contender::libraries`](super::contender); the mailbox between is the same cache
//! line that our workers poll.

use std::fs;
use std::hint::spin_loop;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use mote_abi::line::Line;
use mote_dispatcher::now_ns;
use tempfile::TempDir;

use super::contender::{COLD, WARM};
use super::place::{self, Place};
use super::programs::Program;
use super::random::Random;
use super::sys::memory::Memory;
use crate::report::latency::Times;
use crate::status::Failure;

/// Libraries that are not loaded, to be loaded in turn.
const SPARE: usize = 64;
/// A worker that does not answer by then never will.
const LOST_NS: u64 = 10_000_000_000;

/// A worker process with its libraries.
pub(super) struct Libraries {
    worker: Child,
    memory: Memory,
    sequence: u64,
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
        let memory = Memory::create(2).context("cannot share memory")?;
        let start = |resident| place.beside_the_worker(|| worker(&folder, resident, &memory));
        let empty_bytes = {
            let mut empty = start(0)?;
            let bytes = place::memory_bytes([empty.id()]);
            end(&mut empty);
            bytes?
        };
        let worker = start(resident)?;
        let random = Random::new();
        Ok(Self {
            worker,
            memory,
            sequence: 0,
            resident,
            next_cold: 0,
            random,
            empty_bytes,
            _folder: folder,
        })
    }

    /// Calls libraries at random, one after the other.
    pub(super) fn warm(
        &mut self,
        warm_up: u64,
        samples: u64,
        times: &mut Times,
    ) -> Result<(), Failure> {
        self.round(WARM, warm_up, samples, times)
    }

    /// Has libraries loaded that are not, called and unloaded, one after the other.
    pub(super) fn cold(
        &mut self,
        warm_up: u64,
        samples: u64,
        times: &mut Times,
    ) -> Result<(), Failure> {
        self.round(COLD, warm_up, samples, times)
    }

    /// What each library takes, in bytes.
    pub(super) fn bytes_each(&self) -> anyhow::Result<u64> {
        let bytes = place::memory_bytes([self.worker.id()])?.saturating_sub(self.empty_bytes);
        Ok(bytes / self.resident.max(1) as u64)
    }

    fn round(
        &mut self,
        kind: u64,
        warm_up: u64,
        samples: u64,
        times: &mut Times,
    ) -> Result<(), Failure> {
        let input = self.worker.stdin.as_mut().context("the worker has no input")?;
        writeln!(input, "{}", warm_up + samples).context("the worker is gone")?;
        for sample in 0..warm_up + samples {
            let index = self.next(kind);
            let taken_ns = self.call(index, kind)?;
            if sample >= warm_up {
                times.add(taken_ns);
            }
        }
        Ok(())
    }

    fn next(&mut self, kind: u64) -> usize {
        if kind == WARM {
            return self.random.below(self.resident);
        }
        self.next_cold = (self.next_cold + 1) % SPARE;
        self.next_cold
    }

    fn call(&mut self, index: usize, kind: u64) -> anyhow::Result<u64> {
        self.sequence += 1;
        let start_ns = now_ns();
        let request: &Line = self.memory.at(0);
        request.publish(self.sequence, [index as u64, kind, 0, 0, 0, 0, 0]);
        let [stamp_ns, ..] = self.wait()?;
        Ok(stamp_ns.saturating_sub(start_ns))
    }

    fn wait(&self) -> anyhow::Result<[u64; 7]> {
        let completion: &Line = self.memory.at(1);
        let deadline_ns = now_ns() + LOST_NS;
        loop {
            for _ in 0..256 {
                if let Some(words) = completion.poll(self.sequence) {
                    return Ok(words);
                }
                spin_loop();
            }
            ensure!(now_ns() < deadline_ns, "the worker with libraries does not answer");
        }
    }
}

impl Drop for Libraries {
    fn drop(&mut self) {
        end(&mut self.worker);
    }
}

fn end(worker: &mut Child) {
    // Both fail only for one that has ended already.
    let _ = worker.kill();
    let _ = worker.wait();
}

fn worker(folder: &TempDir, resident: usize, memory: &Memory) -> anyhow::Result<Child> {
    let mut worker = Command::new(std::env::current_exe().context("which program is this?")?)
        .args(["__contender", "libraries"])
        .arg(folder.path())
        .args([resident.to_string(), SPARE.to_string()])
        .arg(memory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the worker with libraries")?;
    let mut said = String::new();
    let output = worker.stdout.take().context("the worker has no output")?;
    BufReader::new(output).read_line(&mut said).context("the worker says nothing")?;
    ensure!(said == "ready\n", "the worker with libraries did not start");
    Ok(worker)
}
