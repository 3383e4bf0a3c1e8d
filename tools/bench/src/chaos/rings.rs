//! Writes nonsense over what a worker tells its dispatcher, as a worker would that somebody has taken over: through
//! the memory of its process, which takes the right to trace it (root, or CAP_SYS_PTRACE).
//!
//! Source: proc_pid_mem(5), proc_pid_maps(5).

use std::fs::{self, OpenOptions};
use std::io;
use std::mem::offset_of;
use std::os::unix::fs::FileExt as _;

use mote_abi::area::{Outbox, RING_ENTRIES};
use mote_abi::message::Completion;

use crate::chaos::plan::Random;

/// Where [`Running`](mote_abi::area::Running) has its sequence number: behind the time of entry.
const SEQUENCE_OFFSET: usize = 8;

/// Bytes of a line of a ring.
const LINE_BYTES: usize = 64;

/// Overwrites the words of the line that the worker publishes next, and says that it is published; or all lines.
pub(super) fn corrupt(pid: u32, random: &mut Random) -> io::Result<()> {
    let base = outbox(pid)?;
    let memory = OpenOptions::new().read(true).write(true).open(format!("/proc/{pid}/mem"))?;
    let lines = base + offset_of!(Outbox, completions) as u64;
    let mut running = [0; 8];
    memory.read_exact_at(
        &mut running,
        base + (offset_of!(Outbox, running) + SEQUENCE_OFFSET) as u64,
    )?;
    let running = u64::from_le_bytes(running);
    if random.below(4) == 0 {
        let noise: Vec<u8> = (0..LINE_BYTES * RING_ENTRIES).map(|_| random.next() as u8).collect();
        return memory.write_all_at(&noise, lines);
    }
    // A lie that may be true cannot be found out: it is the answer of whoever has the worker.
    let impossible = Completion { outcome: u8::MAX, ..Completion::default() };
    let words = [running].into_iter().chain(impossible.to_words());
    let line: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    let at = lines + running % RING_ENTRIES as u64 * LINE_BYTES as u64;
    memory.write_all_at(&line, at)
}

/// Where a worker has its outbox.
fn outbox(pid: u32) -> io::Result<u64> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let line = maps.lines().find(|line| line.contains("/memfd:mote-outbox"));
    let start = line.and_then(|line| u64::from_str_radix(line.split('-').next()?, 16).ok());
    start.ok_or_else(|| io::ErrorKind::NotFound.into())
}
