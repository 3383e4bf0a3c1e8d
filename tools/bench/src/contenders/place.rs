//! Where things run, and what memory they have.

use std::fs;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::error::Error;
use crate::floors::Cores;

/// The processors that were this thread's before anything was pinned.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    all: CpuSet,
    /// The two that a node uses.
    pub(crate) cores: Cores,
}

impl Place {
    /// This thread's, when nothing is pinned yet.
    pub(crate) fn of_this_thread() -> Result<Self, Error> {
        let all = sched_getaffinity(None).map_err(|errno| Error::Processors(errno.into()))?;
        let mut allowed = (0..CpuSet::MAX_CPU as u32).filter(|&cpu| all.is_set(cpu as usize));
        let cores = Cores::of(allowed.next(), allowed.next()).ok_or(Error::SingleProcessor)?;
        Ok(Self { all, cores })
    }

    /// Does `work` where the worker runs, and so do the processes that it starts.
    pub(crate) fn beside_the_worker<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut one = CpuSet::new();
        one.set(self.cores.worker);
        within(&one, work)
    }

    /// Does `work` wherever the kernel likes.
    pub(crate) fn anywhere<T>(&self, work: impl FnOnce() -> T) -> T {
        within(&self.all, work)
    }

    /// Does `work` where the dispatcher runs.
    pub(crate) fn as_dispatcher<T>(&self, work: impl FnOnce() -> T) -> T {
        let mut one = CpuSet::new();
        one.set(self.cores.dispatcher);
        within(&one, work)
    }
}

/// A refusal is not an error: the figures then say what the scheduler made of it.
fn within<T>(cpus: &CpuSet, work: impl FnOnce() -> T) -> T {
    let before = sched_getaffinity(None);
    let _ = sched_setaffinity(None, cpus);
    let result = work();
    if let Ok(before) = before {
        let _ = sched_setaffinity(None, &before);
    }
    result
}

/// The memory of these processes, what they share divided among those who share it, in bytes.
/// Source: proc_pid_smaps_rollup(5), `Pss`.
pub(crate) fn memory_bytes(pids: impl IntoIterator<Item = u32>) -> Result<u64, Error> {
    pids.into_iter().map(proportional_bytes).sum()
}

/// The memory of this process, whoever shares it, in bytes. Source: as above, `Rss`.
pub(crate) fn resident_bytes(pid: u32) -> Result<u64, Error> {
    rollup(pid, "Rss:")
}

fn proportional_bytes(pid: u32) -> Result<u64, Error> {
    rollup(pid, "Pss:")
}

fn rollup(pid: u32, field: &'static str) -> Result<u64, Error> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = read(&path)?;
    let kib = text.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB"));
    let kib = kib.and_then(|kib| kib.parse::<u64>().ok());
    Ok(kib.ok_or(Error::ProcField { path, field })? * 1024)
}

/// How many mappings a process has. Source: proc_pid_maps(5).
pub(crate) fn mappings(pid: u32) -> Result<usize, Error> {
    Ok(read(&format!("/proc/{pid}/maps"))?.lines().count())
}

fn read(path: &str) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Proc { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_this_process_is_more_than_what_was_just_filled() {
        let before = memory_bytes([std::process::id()]).unwrap();
        let filled = std::hint::black_box(vec![1_u8; 8 << 20]);
        let after = memory_bytes([std::process::id()]).unwrap();
        assert!(after >= before + (7 << 20), "{before} and then {after}");
        assert!(resident_bytes(std::process::id()).unwrap() >= 8 << 20);
        drop(filled);
        assert!(mappings(std::process::id()).unwrap() > 5);
    }

    #[test]
    fn affinity_is_restored_after_the_work() {
        if crate::floors::cores::tests::two_cores().is_none() {
            return;
        }
        let place = Place::of_this_thread().unwrap();
        let count = || sched_getaffinity(None).unwrap().count();
        let before = count();
        assert_eq!(place.beside_the_worker(count), 1);
        assert_eq!(count(), before);
    }
}
