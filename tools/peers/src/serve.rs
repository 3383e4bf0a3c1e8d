//! The worker: answers requests in the mailbox with the time at which a module ran.
//!
//! On its standard input it gets lines of a word and a number: so many requests of that kind follow in
//! the mailbox. It spins for those, and sleeps in between. Requests hold the number of a module. The
//! completion is published when all is put away, so nobody's time holds the end of another.

use std::fs;
use std::hint::spin_loop;
use std::io;
use std::path::{Path, PathBuf};

use wasmtime::bail;
use wasmtime::error::Context as _;
use wasmtime::{Engine, Linker};

use crate::arguments::Instances;
use crate::engine::{self, Slots};
use crate::service::{self, Instance, Ready, cold_path};
use crate::sys::memory::Mailbox;
use crate::sys::module;

/// What can be asked of it.
struct Worker {
    engine: Engine,
    linker: Linker<()>,
    resident: Vec<Ready>,
    /// Of each resident module, or of none.
    kept: Vec<Instance>,
    cold_files: Vec<PathBuf>,
    cold_bytes: Vec<Vec<u8>>,
}

/// Serves until the standard input ends.
pub(crate) fn serve(
    folder: &Path,
    resident: usize,
    spare: usize,
    memory: &Path,
    instances: Instances,
) -> wasmtime::Result<()> {
    let mut worker = Worker::new(folder, resident, spare, instances)?;
    let mailbox = Mailbox::open(memory)?;
    println!("ready");
    let mut sequence = 0;
    for line in io::stdin().lines() {
        let line = line?;
        let (kind, requests) = line.split_once(' ').context("a line is a word and a number")?;
        let requests = requests.trim().parse::<u64>().context("not a number of requests")?;
        for _ in 0..requests {
            sequence += 1;
            let stamp_ns = worker.answer(kind, take(&mailbox, sequence))?;
            mailbox.completion(sequence).publish(sequence, [stamp_ns, 0, 0, 0, 0, 0, 0]);
        }
    }
    Ok(())
}

/// Which module is asked for.
fn take(mailbox: &Mailbox, sequence: u64) -> usize {
    let request = mailbox.request(sequence);
    loop {
        if let Some([index, ..]) = request.poll(sequence) {
            return index as usize;
        }
        spin_loop();
    }
}

impl Worker {
    fn new(
        folder: &Path,
        resident: usize,
        spare: usize,
        instances: Instances,
    ) -> wasmtime::Result<Self> {
        let slots = if instances == Instances::Own { Slots::All } else { Slots::Default };
        let engine = engine::pooled(resident, slots)?;
        let linker = engine::linker(&engine)?;
        let load = |index| service::resident(&engine, &linker, folder, index);
        let of = |what, index| move || format!("{what} of module {index} of {resident}");
        let resident: Vec<Ready> = (0..resident)
            .map(|index| load(index).with_context(of("loading", index)))
            .collect::<wasmtime::Result<_>>()?;
        let to_keep = resident.iter().enumerate().filter(|_| instances == Instances::Kept);
        let kept = to_keep
            .map(|(index, ready)| ready.instance(&engine).with_context(of("instance", index)))
            .collect::<wasmtime::Result<_>>()?;
        let cold_files: Vec<PathBuf> = (0..spare).map(|index| cold_path(folder, index)).collect();
        let cold_bytes = cold_files.iter().map(fs::read).collect::<io::Result<_>>()?;
        Ok(Self { engine, linker, resident, kept, cold_files, cold_bytes })
    }

    fn answer(&mut self, kind: &str, index: usize) -> wasmtime::Result<u64> {
        let missing = || format!("there is no module {index}");
        let Self { engine, linker, .. } = self;
        match kind {
            "kept" => self.kept.get_mut(index).with_context(missing)?.stamp_ns(),
            "fresh" => self.resident.get(index).with_context(missing)?.instance(engine)?.stamp_ns(),
            "cold-memory" => {
                let bytes = self.cold_bytes.get(index).with_context(missing)?;
                service::cold_stamp_ns(engine, linker, || module::from_memory(engine, bytes))
            }
            "cold-file" => {
                let path = self.cold_files.get(index).with_context(missing)?;
                service::cold_stamp_ns(engine, linker, || module::from_file(engine, path))
            }
            _ => bail!("{kind:?} is not a kind of request"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worker_answers_every_kind_and_refuses_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        service::compile(folder.path(), 0..2, 1).unwrap();
        let mut worker = Worker::new(folder.path(), 2, 1, Instances::Kept).unwrap();
        for (kind, index) in [("kept", 1), ("fresh", 1), ("cold-memory", 0), ("cold-file", 0)] {
            assert!(worker.answer(kind, index).unwrap() > 0, "{kind}");
            assert!(worker.answer(kind, 2).is_err(), "{kind}");
        }
        assert!(worker.answer("lukewarm", 0).is_err());
    }
}
