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

use mote_abi::area::RING_ENTRIES;
use mote_abi::line::{Line, index};
use mote_dispatcher::now_ns;
use tempfile::NamedTempFile;

use super::place::{self, Place};
use super::sys::memory::Memory;
use crate::error::Error;
use crate::stats::latency::Times;

/// What messages call a worker that is not ours.
const PROGRAM: &str = "the other worker";
/// Cache lines of a mailbox: requests, then completions.
const LINES: usize = 2 * RING_ENTRIES;
/// A worker that does not answer by then never will.
const LOST_NS: u64 = 10_000_000_000;

/// The line of a request.
pub(crate) fn request(memory: &Memory, sequence: u64) -> &Line {
    memory.at(index(sequence, RING_ENTRIES))
}

/// The line of a completion.
pub(crate) fn completion(memory: &Memory, sequence: u64) -> &Line {
    memory.at(RING_ENTRIES + index(sequence, RING_ENTRIES))
}

/// A worker and the memory shared with it.
pub(crate) struct Mailbox {
    worker: Child,
    memory: Memory,
    /// What the worker writes on its standard error.
    said: NamedTempFile,
    sequence: u64,
}

/// Samples before those that count, and those that count.
pub(crate) type Samples = (u64, u64);

impl Mailbox {
    /// Starts the worker where ours runs, with the mailbox's name as its last argument, and returns
    /// when it is ready.
    pub(crate) fn start(mut command: Command, place: &Place) -> Result<Self, Error> {
        let memory = Memory::create(LINES).map_err(Error::SharedMemory)?;
        let said = NamedTempFile::new().map_err(Error::Temporary)?;
        let error = said.reopen().map_err(Error::Temporary)?;
        command.arg(memory.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(error);
        let worker = place.beside_the_worker(|| command.spawn()).map_err(Error::run(PROGRAM))?;
        let mut mailbox = Self { worker, memory, said, sequence: 0 };
        mailbox.expect_ready()?;
        Ok(mailbox)
    }

    fn expect_ready(&mut self) -> Result<(), Error> {
        let output = self.worker.stdout.take().ok_or_else(|| self.silent())?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).map_err(Error::run(PROGRAM))?;
        if line == "ready\n" { Ok(()) } else { Err(self.silent()) }
    }

    /// With the last line that the worker wrote on its standard error.
    fn silent(&self) -> Error {
        let said = fs::read_to_string(self.said.path()).unwrap_or_default();
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        let last_words = last.unwrap_or("it does not say why").to_owned();
        Error::Silent { program: PROGRAM, last_words }
    }

    /// Requests one after the other, each to the service that `next` names. The time is from before the
    /// request is published to the stamp that the service takes.
    pub(crate) fn round(
        &mut self,
        kind: &str,
        (warm_up, samples): Samples,
        times: &mut Times,
        mut next: impl FnMut() -> usize,
    ) -> Result<(), Error> {
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
    pub(crate) fn visit(&mut self, kind: &str, services: usize) -> Result<(), Error> {
        let mut next = 0..services;
        let none_counts = (services as u64, 0);
        self.round(kind, none_counts, &mut Times::new(), || next.next().unwrap_or(0))
    }

    /// As many requests under way as the ring has entries; returns how many, and how long they took in
    /// nanoseconds.
    pub(crate) fn saturated(
        &mut self,
        kind: &str,
        (warm_up, samples): Samples,
        mut next: impl FnMut() -> usize,
    ) -> Result<(u64, u64), Error> {
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

    fn announce(&mut self, kind: &str, requests: u64) -> Result<(), Error> {
        let input = self.worker.stdin.as_mut();
        let sent = input.map(|input| writeln!(input, "{kind} {requests}"));
        if matches!(sent, Some(Ok(()))) { Ok(()) } else { Err(self.silent()) }
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
    fn take(&self, sequence: u64) -> Result<u64, Error> {
        let completion = completion(&self.memory, sequence);
        let deadline_ns = now_ns() + LOST_NS;
        loop {
            for _ in 0..256 {
                if let Some([stamp_ns, ..]) = completion.poll(sequence) {
                    return Ok(stamp_ns);
                }
                spin_loop();
            }
            if now_ns() >= deadline_ns {
                return Err(self.silent());
            }
        }
    }

    /// The worker's memory, in bytes. What it shares counts in full: the files that several workers map
    /// would be in memory for one alone.
    pub(crate) fn memory_bytes(&self) -> Result<u64, Error> {
        place::resident_bytes(self.worker.id())
    }

    /// The worker's mappings.
    pub(crate) fn mappings(&self) -> Result<usize, Error> {
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
        if crate::floors::cores::tests::two_cores().is_none() {
            return;
        }
        let place = Place::of_this_thread().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo first >&2; echo 'no room for 5' >&2"]);
        let error = Mailbox::start(command, &place).err().expect("it is not ready");
        assert!(error.to_string().ends_with("no room for 5"), "{error}");
    }
}
