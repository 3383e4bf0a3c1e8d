//! Durable events: requests that are acknowledged when they are on disk, and run at least once.
//!
//! ```text
//!  accept ─▶ index: room? ─▶ writer: one fsync for all that wait ─▶ acknowledged
//!                                    │
//!  delivery ◀─ index: due ◀──────────┘      done ─▶ removed    failed ─▶ due later, or parked
//! ```
//! The `index` decides, the `writer` thread writes to the `store`. An event leaves the disk after it
//! ran, so whatever ends the node, it is there again at the next start.

pub(crate) mod index;
pub(crate) mod record;
mod shared;
pub(crate) mod store;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use bytes::Bytes;
use thiserror::Error;
use tokio::sync::oneshot;
use uuid::Uuid;

pub use record::Failure;
pub use store::StorageError;

use crate::config::events::EventsSection;
use crate::functions::name::Target;
use crate::functions::record::now_ms;
use crate::metrics::EventsCounted;
use index::{Event, Index, NoRoom, NotChanged, Totals};
use record::{Record, State};
use shared::{Happening, Shared};
use store::{Change, Store};
use writer::{Order, Written};

/// The file's name in the state folder.
const FILE: &str = "events.redb";

/// The events of a node.
#[derive(Debug)]
pub(crate) struct Events {
    shared: Arc<Shared>,
    /// None once it ends.
    orders: Option<Sender<Order>>,
    writer: Option<JoinHandle<()>>,
}

/// Why an event was not taken, or not changed.
#[derive(Debug, Error)]
pub(crate) enum EventError {
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    #[error("{}: {source}", hint(.source))]
    Disk { source: Arc<StorageError> },
    #[error(transparent)]
    NotChanged(#[from] NotChanged),
}

impl EventError {
    /// That there is no such event.
    pub(crate) fn unknown(id: Uuid) -> Self {
        NotChanged::Unknown { id }.into()
    }
}

impl From<StorageError> for EventError {
    fn from(source: StorageError) -> Self {
        Self::Disk { source: Arc::new(source) }
    }
}

fn hint(error: &StorageError) -> &'static str {
    match error.is_full() {
        true => "the disk is full, and no event is taken until there is room",
        false => "the event is not on disk",
    }
}

impl Events {
    /// The events of the state folder `folder`, and a thread that writes new ones.
    pub(crate) fn open(folder: &Path, limits: &EventsSection) -> Result<Self, StorageError> {
        Self::start(Store::open(&folder.join(FILE))?, limits)
    }

    fn start(store: Store, limits: &EventsSection) -> Result<Self, StorageError> {
        let index = Index::new(limits.clone(), store.records()?, now_ms());
        let shared = Arc::new(Shared::new(store, index));
        let (orders, incoming) = channel();
        let writer = writer::start(Arc::clone(&shared), incoming).map_err(StorageError::Thread)?;
        Ok(Self { shared, orders: Some(orders), writer: Some(writer) })
    }

    /// Keeps an event: it is on disk when this returns.
    pub(crate) async fn accept(
        &self,
        id: Uuid,
        target: &Target,
        body: Bytes,
    ) -> Result<(), EventError> {
        let record = Record::new(target, body.len(), now_ms());
        self.shared.index().reserve(record.body_bytes)?;
        self.written(Change::Add { id, record, body }).await?;
        self.shared.counts.add(Happening::Accepted);
        Ok(())
    }

    /// The event that has been due for longest, which is its caller's to run.
    pub(crate) fn take_due(&self) -> Option<Event> {
        self.shared.index().take_due(now_ms())
    }

    /// When the next is due, in milliseconds since 1970.
    pub(crate) fn next_due_ms(&self) -> Option<u64> {
        self.shared.index().next_due_ms()
    }

    /// Until an event may have become due.
    pub(crate) async fn changed(&self) {
        self.shared.changed.notified().await;
    }

    /// The body of an event.
    pub(crate) async fn body(&self, id: Uuid) -> Result<Option<Bytes>, StorageError> {
        let shared = Arc::clone(&self.shared);
        let reading = tokio::task::spawn_blocking(move || shared.store.body(id));
        reading.await.expect("reading does not panic")
    }

    /// An event ran well.
    pub(crate) fn done(&self, id: Uuid) {
        self.shared.counts.add(Happening::Done);
        let change = self.shared.index().remove(id);
        self.write(change);
    }

    /// An event ran, and failed.
    pub(crate) fn failed(&self, id: Uuid, outcome: &str, message: &str) {
        self.shared.counts.add(Happening::Failed);
        let change = self.shared.index().fail(id, Failure::new(outcome, message, now_ms()));
        self.count_parked(change.as_ref());
        self.write(change);
    }

    /// An event cannot run as things are.
    pub(crate) fn park(&self, id: Uuid, message: &str) {
        let change = self.shared.index().park(id, Failure::new("refused", message, now_ms()));
        self.count_parked(change.as_ref());
        self.write(change);
    }

    /// An event could not run now.
    pub(crate) fn postpone(&self, id: Uuid) {
        self.shared.index().postpone(id, now_ms());
    }

    /// Lets an event run at once, as if it had never failed; that is on disk when this returns.
    pub(crate) async fn retry(&self, id: Uuid) -> Result<(), EventError> {
        let change = self.shared.index().retry(id, now_ms())?;
        self.written(change).await
    }

    /// Forgets an event; that is on disk when this returns.
    pub(crate) async fn discard(&self, id: Uuid) -> Result<(), EventError> {
        let change = self.shared.index().discard(id)?;
        self.shared.counts.add(Happening::Dropped);
        self.written(change).await
    }

    /// One event.
    pub(crate) fn get(&self, id: Uuid) -> Option<Event> {
        self.shared.index().get(id)
    }

    /// Those of `function`, or of all; only parked ones if `is_parked`; `most` of them at most.
    pub(crate) fn list(&self, function: Option<&str>, is_parked: bool, most: usize) -> Vec<Event> {
        self.shared.index().list(most, |record| {
            function.is_none_or(|name| record.function == name)
                && (!is_parked || record.state == State::Parked)
        })
    }

    /// What there is to tell.
    pub(crate) fn counted(&self) -> EventsCounted {
        let Totals { waiting, running, parked, bytes } = self.shared.index().totals();
        let now = vec![("waiting", waiting), ("running", running), ("parked", parked)];
        EventsCounted { now, bytes, since_start: self.shared.counts.all() }
    }

    fn count_parked(&self, change: Option<&Change>) {
        if let Some(Change::Set { id, record }) = change
            && record.state == State::Parked
        {
            self.shared.counts.add(Happening::Parked);
            tracing::warn!(event = %id, function = record.function, "an event is parked");
        }
    }

    fn write(&self, change: Option<Change>) {
        if let Some(change) = change {
            self.send(Order { change, answer: None });
        }
    }

    async fn written(&self, change: Change) -> Result<(), EventError> {
        let (to, answer) = oneshot::channel::<Written>();
        self.send(Order { change, answer: Some(to) });
        let written = answer.await.expect("the writer answers every order");
        written.map_err(|source| EventError::Disk { source })
    }

    fn send(&self, order: Order) {
        let orders = self.orders.as_ref().expect("it is there until the drop");
        orders.send(order).expect("the writer lives as long as this");
    }
}

impl Drop for Events {
    /// Writes what is to be written.
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(writer) = self.writer.take() {
            // A panic of the writer was told when it happened.
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests;
