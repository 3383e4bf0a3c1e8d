//! A worker process that is not ours, behind the mailbox that ours have: two rings of cache lines.
//!
//! | the worker | where |
//! | --- | --- |
//! | shared libraries | [`contender::libraries`](super::contender) |
//! | wasmtime | `tools/peers`, `serve.rs` |
//!
//! A worker gets a line with a word and a number on its standard input: so many requests of that kind
//! follow in the mailbox. It spins for those, and sleeps in between. It publishes a completion when all
//! is put away, so nobody's time holds the end of another.

use std::fs;
use std::hint::spin_loop;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use mote_abi::area::RING_ENTRIES;
use mote_abi::line::{Line, index};
use mote_dispatcher::now_ns;
use tempfile::NamedTempFile;

use super::place::{self, Place};
use super::sys::memory::Memory;
use crate::report::latency::Times;

/// Cache lines of a mailbox: requests, then completions.
const LINES: usize = 2 * RING_ENTRIES;
/// A worker that does not answer by then never will.
const LOST_NS: u64 = 10_000_000_000;

/// The line of a request.
pub(super) fn request(memory: &Memory, sequence: u64) -> &Line {
    memory.at(index(sequence, RING_ENTRIES))
}

/// The line of a completion.
pub(super) fn completion(memory: &Memory, sequence: u64) -> &Line {
    memory.at(RING_ENTRIES + index(sequence, RING_ENTRIES))
}

/// A worker and the memory shared with it.
pub(super) struct Mailbox {
    worker: Child,
    memory: Memory,
    /// What the worker says on its standard error.
    said: NamedTempFile,
    sequence: u64,
}

/// Samples before those that count, and those that count.
pub(super) type Samples = (u64, u64);

impl Mailbox {
    /// Starts the worker where ours runs, with the mailbox's name as its last argument, and returns
    /// when it is ready.
    pub(super) fn start(mut command: Command, place: &Place) -> anyhow::Result<Self> {
        let memory = Memory::create(LINES).context("cannot share memory")?;
        let said = NamedTempFile::new().context("cannot make a temporary file")?;
        let error = said.reopen().context("cannot open a temporary file")?;
        command.arg(memory.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(error);
        let worker =
            place.beside_the_worker(|| command.spawn()).context("cannot start a worker")?;
        let mut mailbox = Self { worker, memory, said, sequence: 0 };
        mailbox.expect_ready()?;
        Ok(mailbox)
    }

    fn expect_ready(&mut self) -> anyhow::Result<()> {
        let output = self.worker.stdout.take().context("the worker has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).context("the worker cannot be heard")?;
        match line.as_str() {
            "ready\n" => Ok(()),
            _ => bail!("a worker did not start: {}", self.last_words()),
        }
    }

    /// The end of what the worker said on its standard error, in one line.
    fn last_words(&self) -> String {
        let said = fs::read_to_string(self.said.path()).unwrap_or_default();
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        last.unwrap_or("it does not say why").to_owned()
    }

    /// Requests one after the other, each to the service that `next` names. The time is from before the
    /// request is published to the stamp that the service takes.
    pub(super) fn round(
        &mut self,
        kind: &str,
        (warm_up, samples): Samples,
        times: &mut Times,
        mut next: impl FnMut() -> usize,
    ) -> anyhow::Result<()> {
        self.announce(kind, warm_up + samples)?;
        for sample in 0..warm_up + samples {
            let start_ns = self.publish(next());
            let stamp_ns = self.take(self.sequence)?;
            if sample >= warm_up {
                times.add(stamp_ns.saturating_sub(start_ns));
            }
        }
        Ok(())
    }

    /// One request to each service.
    pub(super) fn visit(&mut self, kind: &str, services: usize) -> anyhow::Result<()> {
        let mut next = 0..services;
        let none_counts = (services as u64, 0);
        self.round(kind, none_counts, &mut Times::new(), || next.next().unwrap_or(0))
    }

    /// As many requests under way as the ring has entries; returns how many, and how long they took in
    /// nanoseconds.
    pub(super) fn saturated(
        &mut self,
        kind: &str,
        (warm_up, samples): Samples,
        mut next: impl FnMut() -> usize,
    ) -> anyhow::Result<(u64, u64)> {
        let all = warm_up + samples;
        self.announce(kind, all)?;
        let (first, mut submitted, mut start_ns) = (self.sequence + 1, 0, now_ns());
        for ended in 0..all {
            while submitted < all.min(ended + RING_ENTRIES as u64) {
                self.publish(next());
                submitted += 1;
            }
            self.take(first + ended)?;
            if ended + 1 == warm_up {
                start_ns = now_ns();
            }
        }
        Ok((samples, now_ns() - start_ns))
    }

    fn announce(&mut self, kind: &str, requests: u64) -> anyhow::Result<()> {
        let input = self.worker.stdin.as_mut().context("the worker has no input")?;
        writeln!(input, "{kind} {requests}")
            .with_context(|| format!("a worker is gone: {}", self.last_words()))
    }

    /// Returns the time before that.
    fn publish(&mut self, service: usize) -> u64 {
        self.sequence += 1;
        let start_ns = now_ns();
        let words = [service as u64, 0, 0, 0, 0, 0, 0];
        request(&self.memory, self.sequence).publish(self.sequence, words);
        start_ns
    }

    /// When the service ran.
    fn take(&self, sequence: u64) -> anyhow::Result<u64> {
        let completion = completion(&self.memory, sequence);
        let deadline_ns = now_ns() + LOST_NS;
        loop {
            for _ in 0..256 {
                if let Some([stamp_ns, ..]) = completion.poll(sequence) {
                    return Ok(stamp_ns);
                }
                spin_loop();
            }
            ensure!(now_ns() < deadline_ns, "a worker does not answer: {}", self.last_words());
        }
    }

    /// The worker's memory, in bytes. What it shares counts in full: the files that several workers map
    /// would be in memory for one alone.
    pub(super) fn memory_bytes(&self) -> anyhow::Result<u64> {
        place::resident_bytes(self.worker.id())
    }

    /// The worker's mappings.
    pub(super) fn mappings(&self) -> anyhow::Result<usize> {
        place::mappings(self.worker.id())
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        // Both fail only for one that has ended already.
        let _ = self.worker.kill();
        let _ = self.worker.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worker_that_does_not_start_says_why() {
        let Ok(place) = Place::of_this_thread() else { return };
        let mut command = Command::new("sh");
        command.args(["-c", "echo first >&2; echo 'no room for 5' >&2"]);
        let error = Mailbox::start(command, &place).err().expect("it is not ready");
        assert!(error.to_string().ends_with("no room for 5"), "{error}");
    }
}
