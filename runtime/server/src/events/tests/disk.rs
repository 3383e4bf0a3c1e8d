//! A disk in memory: what is written lies in a cache until it is synchronised.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::{Builder, Database, DatabaseError, StorageBackend};

use crate::events::store::{StorageError, Store};

/// What a store did to its disk.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Write { offset: usize, data: Vec<u8> },
    SetLength { bytes: usize },
    Sync,
}

/// A disk, and everything that was done to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    steps: Vec<Step>,
    /// Steps that succeed yet; none set: all.
    steps_left: Option<usize>,
}

impl Disk {
    /// A disk with these bytes.
    pub(super) fn with(bytes: Vec<u8>) -> Self {
        let disk = Self::default();
        disk.state().bytes = bytes;
        disk
    }

    /// Opens the store on this disk.
    pub(super) fn store(&self) -> Result<Store, StorageError> {
        let disk = self.clone();
        Store::with(Box::new(move || disk.database()))
    }

    fn database(&self) -> Result<Database, DatabaseError> {
        Builder::new().set_cache_size(1 << 20).create_with_backend(self.clone())
    }

    /// Everything that was done so far.
    pub(super) fn steps(&self) -> Vec<Step> {
        self.state().steps.clone()
    }

    /// Lets all steps after the next `count` fail, as a full disk does; `None` makes room.
    pub(super) fn fill_after(&self, count: Option<usize>) {
        self.state().steps_left = count;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn step(&self, step: Step) -> Result<(), io::Error> {
        let mut state = self.state();
        if let Some(left) = &mut state.steps_left {
            *left =
                left.checked_sub(1).ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?;
        }
        apply(&mut state.bytes, &step);
        state.steps.push(step);
        Ok(())
    }
}

/// Does a step to the bytes of a disk.
pub(super) fn apply(bytes: &mut Vec<u8>, step: &Step) {
    match step {
        Step::Write { offset, data } => {
            let end = offset + data.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*offset..end].copy_from_slice(data);
        }
        Step::SetLength { bytes: length } => bytes.resize(*length, 0),
        Step::Sync => {}
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let offset = offset as usize;
        let state = self.state();
        let found = state.bytes.get(offset..offset + out.len());
        out.copy_from_slice(found.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.step(Step::SetLength { bytes: len as usize })
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.step(Step::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.step(Step::Write { offset: offset as usize, data: data.to_vec() })
    }
}
