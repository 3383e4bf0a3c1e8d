//! What the writing thread and everybody else see of the events.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::index::Index;
use super::store::Store;

/// The events of a node.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: Store,
    index: Mutex<Index>,
    /// Notified when an event may be due.
    pub(super) changed: Notify,
    pub(super) counts: Counts,
}

impl Shared {
    pub(super) fn new(store: Store, index: Index) -> Self {
        Self { store, index: Mutex::new(index), changed: Notify::new(), counts: Counts::default() }
    }

    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What happens to events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// One was acknowledged.
    Accepted,
    /// One ran well, and is over.
    Done,
    /// One ran, and failed.
    Failed,
    /// One was parked.
    Parked,
    /// One was dropped by an operator.
    Dropped,
    /// The disk did not take a transaction.
    DiskFailed,
}

/// How often each happened since the node started.
#[derive(Debug, Default)]
pub(super) struct Counts([AtomicU64; Happening::ALL.len()]);

impl Happening {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Accepted, "accepted"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Parked, "parked"),
        (Self::Dropped, "dropped"),
        (Self::DiskFailed, "disk_failed"),
    ];
}

impl Counts {
    pub(super) fn add(&self, happening: Happening) {
        self.0[happening as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Every count with its name.
    pub(super) fn all(&self) -> Vec<(&'static str, u64)> {
        let count = |happening| self.0[happening as usize].load(Ordering::Relaxed);
        Happening::ALL.iter().map(|&(happening, name)| (name, count(happening))).collect()
    }
}
