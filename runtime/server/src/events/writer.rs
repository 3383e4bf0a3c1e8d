//! The thread that writes: everything that waits for it goes to the disk in one transaction.
//!
//! An event whose transaction failed is refused, and what may be left of it is taken out as soon as the disk
//! allows. Every other change is made by and by: until then, a restart finds an event as it was before, and
//! runs it once more.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;
use uuid::Uuid;

use super::shared::{Happening, Shared};
use super::store::{Change, StorageError};

/// The most changes in one transaction.
const MAX_BATCH: usize = 4_096;

/// From one failed transaction to the next attempt at what must be written.
const RETRY: Duration = Duration::from_secs(1);

/// A change that is to be written, and whoever waits for it.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) change: Change,
    pub(super) answer: Option<oneshot::Sender<Written>>,
}

/// Whether a change is on disk.
pub(super) type Written = Result<(), Arc<StorageError>>;

/// Starts the thread; it ends when nobody can give it orders any more, and everything is written.
pub(super) fn start(shared: Arc<Shared>, orders: Receiver<Order>) -> io::Result<JoinHandle<()>> {
    let writer = Writer { shared, late: BTreeMap::new() };
    Builder::new().name("mote-events".to_owned()).spawn(move || writer.run(&orders))
}

#[derive(Debug)]
struct Writer {
    shared: Arc<Shared>,
    /// What could not be written yet, the last change of each event.
    late: BTreeMap<Uuid, Change>,
}

impl Writer {
    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            match self.next(orders) {
                Ok(first) => self.write(batch(first, orders)),
                Err(RecvTimeoutError::Timeout) => self.write(Vec::new()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.write(Vec::new());
    }

    fn next(&self, orders: &Receiver<Order>) -> Result<Order, RecvTimeoutError> {
        if self.late.is_empty() {
            return orders.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        orders.recv_timeout(RETRY)
    }

    /// Writes what is late, and then a batch.
    fn write(&mut self, batch: Vec<Order>) {
        let late: Vec<&Change> = self.late.values().collect();
        let written = self.apply(&late).and_then(|()| {
            self.late.clear();
            self.apply(&batch.iter().map(|order| &order.change).collect::<Vec<_>>())
        });
        if let Err(error) = &written {
            self.shared.counts.add(Happening::DiskFailed);
            tracing::error!(%error, "events cannot be written");
        }
        for Order { change, answer } in batch {
            self.settle(change, &written);
            if let Some(answer) = answer {
                // Whoever asked may have gone.
                let _ = answer.send(written.clone());
            }
        }
        self.shared.changed.notify_one();
    }

    fn apply(&self, changes: &[&Change]) -> Written {
        if changes.is_empty() {
            return Ok(());
        }
        self.shared.store.apply(changes).map_err(Arc::new)
    }

    fn settle(&mut self, change: Change, written: &Written) {
        match (change, written) {
            (Change::Add { id, record, .. }, Ok(())) => self.shared.index().insert(id, record),
            (Change::Add { id, record, .. }, Err(_)) => {
                self.shared.index().release(record.body_bytes);
                self.late.insert(id, Change::Remove { id });
            }
            (Change::Set { .. } | Change::Remove { .. }, Ok(())) => {}
            (change, Err(_)) => {
                self.late.insert(change.id(), change);
            }
        }
    }
}

/// The first order, and those that came meanwhile.
fn batch(first: Order, orders: &Receiver<Order>) -> Vec<Order> {
    let others = orders.try_iter().take(MAX_BATCH - 1);
    std::iter::once(first).chain(others).collect()
}
