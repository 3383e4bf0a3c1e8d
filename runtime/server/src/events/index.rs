//! All events in memory, without their bodies: which are due, which run, which are parked.
//!
//! It decides and writes nothing: a decision is a [`Change`] that its caller has written.

use std::collections::{BTreeSet, HashMap};

use thiserror::Error;
use uuid::Uuid;

use super::record::{Failure, Record, State};
use super::store::Change;
use crate::config::events::EventsSection;

/// The longest time between two tries, in milliseconds.
pub(super) const MAX_BACKOFF_MS: u64 = 300_000;

/// Every event that is on disk, and room for those that are being written.
#[derive(Debug)]
pub(crate) struct Index {
    limits: EventsSection,
    events: HashMap<Uuid, Entry>,
    /// Those that wait: when they are due, in the order of their arrival, and which.
    due: BTreeSet<(u64, u64, Uuid)>,
    /// Room that is taken, by those that are being written too.
    count: u32,
    bytes: u64,
    /// The number of the next that arrives.
    next_order: u64,
}

#[derive(Debug)]
struct Entry {
    record: Record,
    order: u64,
    is_running: bool,
}

/// Why an event is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NoRoom {
    /// There are too many.
    #[error("there are {limit} events already, which is the limit (`events.count`); try again")]
    Count { limit: u32 },
    /// Their bodies are too long together.
    #[error(
        "the bodies of all events may have {limit} bytes (`events.bytes`), and no more has room; try again"
    )]
    Bytes { limit: u64 },
}

/// Why an operator's wish is not fulfilled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NotChanged {
    #[error("there is no event {id}: it ran, or was dropped")]
    Unknown { id: Uuid },
    #[error("event {id} is running: wait for its end")]
    Running { id: Uuid },
}

/// One event, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: Uuid,
    pub(crate) record: Record,
    pub(crate) is_running: bool,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) waiting: u64,
    pub(crate) running: u64,
    pub(crate) parked: u64,
    pub(crate) bytes: u64,
}

impl Index {
    /// The events that lie on disk. Limits hold for new ones. One that is due later than it can be (somebody
    /// set the clock) is due after the longest pause.
    pub(crate) fn new(limits: EventsSection, mut stored: Vec<(Uuid, Record)>, now_ms: u64) -> Self {
        let mut index = Self {
            limits,
            events: HashMap::new(),
            due: BTreeSet::new(),
            count: 0,
            bytes: 0,
            next_order: 0,
        };
        stored.sort_by_key(|(id, record)| (record.accepted_ms, *id));
        for (id, mut record) in stored {
            if let State::Waiting { due_ms } = &mut record.state {
                *due_ms = (*due_ms).min(now_ms.saturating_add(MAX_BACKOFF_MS));
            }
            index.count += 1;
            index.bytes += record.body_bytes;
            index.insert(id, record);
        }
        index
    }

    /// Takes room for an event that is going to be written.
    pub(crate) fn reserve(&mut self, body_bytes: u64) -> Result<(), NoRoom> {
        let EventsSection { count, bytes, .. } = self.limits;
        if self.count >= count {
            return Err(NoRoom::Count { limit: count });
        }
        if self.bytes.saturating_add(body_bytes) > bytes {
            return Err(NoRoom::Bytes { limit: bytes });
        }
        self.count += 1;
        self.bytes += body_bytes;
        Ok(())
    }

    /// Gives room back that was reserved.
    pub(crate) fn release(&mut self, body_bytes: u64) {
        self.count -= 1;
        self.bytes -= body_bytes;
    }

    /// An event is on disk for which room was reserved.
    pub(crate) fn insert(&mut self, id: Uuid, record: Record) {
        let order = self.next_order;
        self.next_order += 1;
        if let State::Waiting { due_ms } = record.state {
            self.due.insert((due_ms, order, id));
        }
        self.events.insert(id, Entry { record, order, is_running: false });
    }

    /// The event that has been due for longest; it runs from now on.
    pub(crate) fn take_due(&mut self, now_ms: u64) -> Option<Event> {
        let &(due_ms, _, id) = self.due.first()?;
        if due_ms > now_ms {
            return None;
        }
        self.due.pop_first();
        let entry = self.events.get_mut(&id)?;
        entry.is_running = true;
        Some(Event { id, record: entry.record.clone(), is_running: true })
    }

    /// When the next is due.
    pub(crate) fn next_due_ms(&self) -> Option<u64> {
        self.due.first().map(|&(due_ms, ..)| due_ms)
    }

    /// An event that ran is over.
    pub(crate) fn remove(&mut self, id: Uuid) -> Option<Change> {
        let entry = self.events.remove(&id)?;
        if let State::Waiting { due_ms } = entry.record.state {
            self.due.remove(&(due_ms, entry.order, id));
        }
        self.release(entry.record.body_bytes);
        Some(Change::Remove { id })
    }

    /// An event that ran failed: it runs again later, or is parked if it failed too often.
    pub(crate) fn fail(&mut self, id: Uuid, failure: Failure) -> Option<Change> {
        let entry = self.events.get(&id)?;
        let tries = entry.record.tries + 1;
        let state = match tries < self.limits.tries {
            true => State::Waiting { due_ms: failure.at_ms.saturating_add(self.backoff_ms(tries)) },
            false => State::Parked,
        };
        self.set(id, |record| Record { tries, state, failure: Some(failure), ..record })
    }

    /// An event cannot run: it is parked.
    pub(crate) fn park(&mut self, id: Uuid, failure: Failure) -> Option<Change> {
        self.set(id, |record| Record { state: State::Parked, failure: Some(failure), ..record })
    }

    /// An event did not run for want of room or of a worker: it does so later, and nothing is counted.
    pub(crate) fn postpone(&mut self, id: Uuid, now_ms: u64) {
        let due_ms = now_ms.saturating_add(self.backoff_ms(1));
        // Nothing is worth writing: after a restart it is due at once.
        let _ = self.set(id, |record| Record { state: State::Waiting { due_ms }, ..record });
    }

    /// Lets an event run at once, as if it had never failed.
    pub(crate) fn retry(&mut self, id: Uuid, now_ms: u64) -> Result<Change, NotChanged> {
        self.idle(id)?;
        let state = State::Waiting { due_ms: now_ms };
        let set = self.set(id, |record| Record { tries: 0, state, ..record });
        set.ok_or(NotChanged::Unknown { id })
    }

    /// Forgets an event that does not run.
    pub(crate) fn discard(&mut self, id: Uuid) -> Result<Change, NotChanged> {
        self.idle(id)?;
        self.remove(id).ok_or(NotChanged::Unknown { id })
    }

    /// One event.
    pub(crate) fn get(&self, id: Uuid) -> Option<Event> {
        let entry = self.events.get(&id)?;
        Some(Event { id, record: entry.record.clone(), is_running: entry.is_running })
    }

    /// Those that `is_wanted` wants, in the order of their arrival, `most` of them at most.
    pub(crate) fn list(&self, most: usize, is_wanted: impl Fn(&Record) -> bool) -> Vec<Event> {
        let wanted = self.events.iter().filter(|(_, entry)| is_wanted(&entry.record));
        let mut wanted: Vec<_> = wanted.map(|(id, entry)| (entry.order, *id)).collect();
        wanted.sort_unstable();
        wanted.into_iter().take(most).filter_map(|(_, id)| self.get(id)).collect()
    }

    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals { bytes: self.bytes, ..Totals::default() };
        for entry in self.events.values() {
            let counter = match (entry.is_running, entry.record.state) {
                (true, _) => &mut totals.running,
                (false, State::Waiting { .. }) => &mut totals.waiting,
                (false, State::Parked) => &mut totals.parked,
            };
            *counter += 1;
        }
        totals
    }

    fn idle(&self, id: Uuid) -> Result<(), NotChanged> {
        match self.events.get(&id) {
            None => Err(NotChanged::Unknown { id }),
            Some(entry) if entry.is_running => Err(NotChanged::Running { id }),
            Some(_) => Ok(()),
        }
    }

    fn set(&mut self, id: Uuid, edit: impl FnOnce(Record) -> Record) -> Option<Change> {
        let entry = self.events.get_mut(&id)?;
        if let State::Waiting { due_ms } = entry.record.state {
            self.due.remove(&(due_ms, entry.order, id));
        }
        entry.record = edit(entry.record.clone());
        entry.is_running = false;
        if let State::Waiting { due_ms } = entry.record.state {
            self.due.insert((due_ms, entry.order, id));
        }
        Some(Change::Set { id, record: entry.record.clone() })
    }

    fn backoff_ms(&self, tries: u32) -> u64 {
        let doublings = (tries - 1).min(32);
        (u64::from(self.limits.backoff_ms) << doublings).min(MAX_BACKOFF_MS)
    }
}
