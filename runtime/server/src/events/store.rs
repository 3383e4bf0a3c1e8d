//! Events on disk, in an embedded store.
//!
//! Each change is a transaction of two phases: bodies are clients' bytes, and nobody must be able to
//! choose some that make half a transaction look like a whole one. After an error of the disk redb gives no
//! more answers until it is opened anew, which the next change or look does.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use bytes::Bytes;
use redb::{Builder, Database, DatabaseError, ReadableDatabase as _, ReadableTable as _};
use redb::{TableDefinition, TableError};
use thiserror::Error;
use uuid::Uuid;

use super::record::Record;

/// Records as JSON, by the event's identifier.
const RECORDS: TableDefinition<'static, u128, &[u8]> = TableDefinition::new("events");

/// Bodies, apart from them: a record changes with each try, and its body never does.
const BODIES: TableDefinition<'static, u128, &[u8]> = TableDefinition::new("bodies");

/// The memory for pages of the store.
const CACHE_BYTES: usize = 16 << 20;

/// Opens the database; again after each error.
type Open = Box<dyn Fn() -> Result<Database, DatabaseError> + Send + Sync>;

/// All events of a node.
pub(crate) struct Store {
    open: Open,
    /// None after an error.
    database: RwLock<Option<Database>>,
}

/// What happens to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Add { id: Uuid, record: Record, body: Bytes },
    Set { id: Uuid, record: Record },
    Remove { id: Uuid },
}

/// Why events cannot be kept, or not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The embedded store failed.
    #[error("the store of events failed: {0}")]
    Database(#[from] Box<redb::Error>),
    /// A record is not one.
    #[error("what is kept of event {id} cannot be read: {source}")]
    Record {
        /// The event.
        id: Uuid,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// There is no thread to write them.
    #[error("cannot start the thread that writes events: {0}")]
    Thread(io::Error),
}

impl Store {
    /// The store in the file at `path`, which is made if it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, StorageError> {
        let path = path.to_owned();
        Self::with(Box::new(move || builder().create(&path)))
    }

    /// The store that `open` opens.
    pub(crate) fn with(open: Open) -> Result<Self, StorageError> {
        let database = open().map_err(database)?;
        Ok(Self { open, database: RwLock::new(Some(database)) })
    }

    /// Makes all changes, or none of them: they are on disk when this returns.
    pub(crate) fn apply(&self, changes: &[&Change]) -> Result<(), StorageError> {
        self.with_database(|open| write(open, changes))
    }

    /// Every event.
    pub(crate) fn records(&self) -> Result<Vec<(Uuid, Record)>, StorageError> {
        self.with_database(|open| {
            let reading = open.begin_read().map_err(database)?;
            let table = match reading.open_table(RECORDS) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                table => table.map_err(database)?,
            };
            let entries = table.iter().map_err(database)?;
            entries
                .map(|entry| {
                    entry.map_err(database).and_then(|(id, it)| parsed(id.value(), it.value()))
                })
                .collect()
        })
    }

    /// The body of an event; none if there is no such event.
    pub(crate) fn body(&self, id: Uuid) -> Result<Option<Bytes>, StorageError> {
        self.with_database(|open| {
            let reading = open.begin_read().map_err(database)?;
            let table = match reading.open_table(BODIES) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                table => table.map_err(database)?,
            };
            let body = table.get(id.as_u128()).map_err(database)?;
            Ok(body.map(|body| Bytes::copy_from_slice(body.value())))
        })
    }

    fn with_database<T>(
        &self,
        act: impl FnOnce(&Database) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let result = match &*self.opened()? {
            Some(database) => act(database),
            // Another thread met an error just now.
            None => Err(database(redb::Error::PreviousIo)),
        };
        if let Err(StorageError::Database(_)) = result {
            *self.database.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        result
    }

    fn opened(&self) -> Result<RwLockReadGuard<'_, Option<Database>>, StorageError> {
        let is_open = self.read().is_some();
        if !is_open {
            let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
            if database.is_none() {
                *database = Some((self.open)().map_err(self::database)?);
            }
        }
        Ok(self.read())
    }

    fn read(&self) -> RwLockReadGuard<'_, Option<Database>> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("database", &self.database).finish_non_exhaustive()
    }
}

impl Change {
    /// The event.
    pub(crate) fn id(&self) -> Uuid {
        match self {
            Self::Add { id, .. } | Self::Set { id, .. } | Self::Remove { id } => *id,
        }
    }
}

impl StorageError {
    /// Whether there is no room left on the disk.
    pub(crate) fn is_full(&self) -> bool {
        let Self::Database(error) = self else { return false };
        matches!(&**error, redb::Error::Io(error) if error.kind() == io::ErrorKind::StorageFull)
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn write(open: &Database, changes: &[&Change]) -> Result<(), StorageError> {
    let mut writing = open.begin_write().map_err(database)?;
    writing.set_two_phase_commit(true);
    {
        let mut records = writing.open_table(RECORDS).map_err(database)?;
        let mut bodies = writing.open_table(BODIES).map_err(database)?;
        for change in changes {
            let id = change.id();
            let key = id.as_u128();
            match change {
                Change::Add { record, body, .. } => {
                    bodies.insert(key, &**body).map_err(database)?;
                    records.insert(key, &*json(id, record)?).map_err(database)?;
                }
                Change::Set { record, .. } => {
                    records.insert(key, &*json(id, record)?).map_err(database)?;
                }
                Change::Remove { .. } => {
                    records.remove(key).map_err(database)?;
                    bodies.remove(key).map_err(database)?;
                }
            }
        }
    }
    writing.commit().map_err(database)
}

fn json(id: Uuid, record: &Record) -> Result<Vec<u8>, StorageError> {
    serde_json::to_vec(record).map_err(|source| StorageError::Record { id, source })
}

fn parsed(id: u128, record: &[u8]) -> Result<(Uuid, Record), StorageError> {
    let id = Uuid::from_u128(id);
    let record = serde_json::from_slice(record);
    Ok((id, record.map_err(|source| StorageError::Record { id, source })?))
}

fn database(error: impl Into<redb::Error>) -> StorageError {
    StorageError::Database(Box::new(error.into()))
}
