//! Keys of tenants: a record each, and the node's own secret, from which theirs are derived.
//!
//! Of a key's secret only the hash is kept. A client that signs its requests never sends the secret, and
//! who verifies a signature must know it; so the secrets are derived from a secret of the node, which is in a
//! file of its own: the store alone, a backup of it say, opens nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use serde::{Deserialize, Serialize};

use super::error::{StoreError, database, file};
use crate::functions::images::Digest;

/// Records as JSON, by the key's identifier.
pub(super) const KEYS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("keys");

/// The file of the node's secret.
const SECRET_FILE: &str = "access.secret";

/// The length of the node's secret, in bytes.
pub const SECRET_BYTES: usize = 32;

/// What is kept of a tenant's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// What clients call it; no secret.
    pub id: String,
    /// The tenant that it is.
    pub tenant: String,
    /// The SHA-256 of its secret.
    pub secret_hash: Digest,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: u64,
}

/// The keys of one node, on disk.
#[derive(Debug)]
pub struct KeyStore {
    database: Arc<Database>,
    folder: PathBuf,
}

impl KeyStore {
    pub(super) fn new(database: Arc<Database>, folder: &Path) -> Self {
        Self { database, folder: folder.to_owned() }
    }

    /// All keys.
    ///
    /// # Errors
    /// The store cannot be read, or a record is not one.
    pub fn all(&self) -> Result<Vec<KeyRecord>, StoreError> {
        let reading = self.database.begin_read().map_err(database)?;
        let table = reading.open_table(KEYS).map_err(database)?;
        let mut keys = Vec::new();
        for entry in table.iter().map_err(database)? {
            let (id, record) = entry.map_err(database)?;
            let key = serde_json::from_slice(record.value())
                .map_err(|source| StoreError::Record { name: id.value().to_owned(), source })?;
            keys.push(key);
        }
        Ok(keys)
    }

    /// Keeps a key: it is on disk when this returns.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn write(&self, key: &KeyRecord) -> Result<(), StoreError> {
        let record = serde_json::to_vec(key)
            .map_err(|source| StoreError::Record { name: key.id.clone(), source })?;
        let writing = self.database.begin_write().map_err(database)?;
        {
            let mut table = writing.open_table(KEYS).map_err(database)?;
            table.insert(&*key.id, &*record).map_err(database)?;
        }
        writing.commit().map_err(database)
    }

    /// Forgets a key.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn remove(&self, id: &str) -> Result<(), StoreError> {
        let writing = self.database.begin_write().map_err(database)?;
        {
            let mut table = writing.open_table(KEYS).map_err(database)?;
            table.remove(id).map_err(database)?;
        }
        writing.commit().map_err(database)
    }

    /// The node's secret, which only this user can read. The first time, `random` makes it.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn secret(
        &self,
        random: impl FnOnce() -> [u8; SECRET_BYTES],
    ) -> Result<[u8; SECRET_BYTES], StoreError> {
        let path = self.folder.join(SECRET_FILE);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = random();
                self.write_secret(&secret).map_err(file("write", &path))?;
                return Ok(secret);
            }
            read => read.map_err(file("read", &path))?,
        };
        let wrong = |_| io::Error::new(io::ErrorKind::InvalidData, "it must have 32 bytes");
        <[u8; SECRET_BYTES]>::try_from(bytes).map_err(wrong).map_err(file("use", &path))
    }

    fn write_secret(&self, secret: &[u8]) -> io::Result<()> {
        let partial = self.folder.join("access.partial");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)?;
        file.write_all(secret)?;
        file.sync_all()?;
        fs::rename(&partial, self.folder.join(SECRET_FILE))?;
        File::open(&self.folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn keys(folder: &tempfile::TempDir) -> KeyStore {
        let database = Database::create(folder.path().join("test.redb")).unwrap();
        let writing = database.begin_write().unwrap();
        writing.open_table(KEYS).unwrap();
        writing.commit().unwrap();
        KeyStore::new(Arc::new(database), folder.path())
    }

    #[test]
    fn keys_are_there_again_until_they_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyRecord {
            id: "MOTE1".to_owned(),
            tenant: "acme".to_owned(),
            secret_hash: Digest::of(b"secret"),
            created_ms: 1,
        };
        keys(&folder).write(&key).unwrap();
        let keys = keys(&folder);
        assert_eq!(keys.all().unwrap(), [key]);
        keys.remove("MOTE1").unwrap();
        assert_eq!(keys.all().unwrap(), []);
    }

    #[test]
    fn secret_of_the_node_is_made_once_and_is_its_users_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = keys(&folder);
        assert_eq!(store.secret(|| [7; 32]).unwrap(), [7; 32]);
        assert_eq!(store.secret(|| panic!("it is there")).unwrap(), [7; 32]);
        let path = folder.path().join(SECRET_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, b"short").unwrap();
        assert!(store.secret(|| [7; 32]).is_err());
    }
}
