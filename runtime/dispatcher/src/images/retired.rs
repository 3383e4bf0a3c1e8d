//! Images that are no service's any more, and that a worker may still be in. Pure.

use std::sync::Arc;

use mote_loader::{Placed, StopLines};

use crate::images::worker_set::WorkerSet;
use crate::job::ids::ServiceId;

/// One image of a service: each replacement has the next number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) service: ServiceId,
    pub(crate) number: u32,
}

/// An image in its slot, the workers that have its text, and its stop points.
#[derive(Debug)]
pub(crate) struct Occupied {
    pub(crate) placed: Placed,
    pub(crate) copies: WorkerSet,
    pub(crate) stops: Arc<StopLines>,
}

/// Few: each leaves with the last of its jobs.
#[derive(Debug, Default)]
pub(crate) struct Retired(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    version: Version,
    inside: u32,
    occupied: Occupied,
}

impl Retired {
    /// Keeps `occupied` until `inside` jobs of that version have left: at least one.
    pub(crate) fn keep(&mut self, version: Version, inside: u32, occupied: Occupied) {
        self.0.push(Entry { version, inside, occupied });
    }

    /// The image of `version`, if it is kept.
    pub(crate) fn get(&self, version: Version) -> Option<&Occupied> {
        self.0.iter().find(|entry| entry.version == version).map(|entry| &entry.occupied)
    }

    /// A job of `version` left. The slot, if it was the last.
    pub(crate) fn leave(&mut self, version: Version) -> Option<Occupied> {
        let position = self.0.iter().position(|entry| entry.version == version)?;
        let entry = self.0.get_mut(position)?;
        entry.inside -= 1;
        (entry.inside == 0).then(|| self.0.swap_remove(position).occupied)
    }
}
