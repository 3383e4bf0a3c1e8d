//! Functions on disk: one record each in an embedded store, images beside it.
//!
//! A deployment writes the image first and the record after it, each durably. So a crash between leaves
//! an image that no record names, which [`Store::open`] removes, and the function as it was.

mod error;
mod keys;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::StoreError;
use error::{database, file};
pub use keys::{KeyRecord, KeyStore, SECRET_BYTES};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use rustix::fs::{FlockOperation, flock};

use crate::functions::images::{Digest, Images};
use crate::functions::name::FunctionId;
use crate::functions::record::Function;
use crate::functions::tenant;

/// Records as JSON, by the name of the function, and by `TENANT/NAME` where it is not the default tenant's.
const FUNCTIONS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("functions");

/// The functions of one node, on disk.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    database: Arc<Database>,
    images: Images,
    /// Locked while the store is open.
    _lock: File,
}

impl Store {
    /// Opens the store in `folder`, which is made if it is missing, and removes what an earlier node's
    /// unfinished deployments left.
    ///
    /// # Errors
    /// Another node has it open, or it cannot be read or written.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let mut private = DirBuilder::new();
        private.recursive(true).mode(0o700);
        private.create(folder).map_err(file("make", folder))?;
        let lock = lock(folder)?;
        let path = folder.join("functions.redb");
        let store = Database::create(&path).map_err(database)?;
        make_tables(&store)?;
        let images = folder.join("images");
        let images = Images::open(&images).map_err(file("open", &images))?;
        let store =
            Self { folder: folder.to_owned(), database: Arc::new(store), images, _lock: lock };
        store.sweep()?;
        Ok(store)
    }

    /// What it keeps of tenants' keys.
    #[must_use]
    pub fn keys(&self) -> KeyStore {
        KeyStore::new(Arc::clone(&self.database), &self.folder)
    }

    /// All functions.
    ///
    /// # Errors
    /// The store cannot be read, or a record is not one.
    pub fn functions(&self) -> Result<Vec<Function>, StoreError> {
        let reading = self.database.begin_read().map_err(database)?;
        let table = reading.open_table(FUNCTIONS).map_err(database)?;
        let mut functions = Vec::new();
        for entry in table.iter().map_err(database)? {
            let (name, record) = entry.map_err(database)?;
            let function = serde_json::from_slice(record.value())
                .map_err(|source| StoreError::Record { name: name.value().to_owned(), source })?;
            functions.push(function);
        }
        Ok(functions)
    }

    /// Keeps a function as it is now: it is on disk when this returns.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn write(&self, function: &Function) -> Result<(), StoreError> {
        let record = serde_json::to_vec(function)
            .map_err(|source| StoreError::Record { name: function.name.clone(), source })?;
        let writing = self.database.begin_write().map_err(database)?;
        {
            let mut table = writing.open_table(FUNCTIONS).map_err(database)?;
            table.insert(&*key(function), &*record).map_err(database)?;
        }
        writing.commit().map_err(database)
    }

    /// Forgets a function.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn remove(&self, id: &FunctionId) -> Result<(), StoreError> {
        let writing = self.database.begin_write().map_err(database)?;
        {
            let mut table = writing.open_table(FUNCTIONS).map_err(database)?;
            table.remove(&*id.to_string()).map_err(database)?;
        }
        writing.commit().map_err(database)?;
        self.sweep()
    }

    /// Keeps an image: it is on disk when this returns.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put_image(&self, image: &[u8]) -> Result<Digest, StoreError> {
        self.images.put(image).map_err(|source| StoreError::File {
            doing: "write",
            path: self.images.path(Digest::of(image)),
            source,
        })
    }

    /// The bytes of an image.
    ///
    /// # Errors
    /// It cannot be read, or was changed.
    pub fn image(&self, digest: Digest) -> Result<Vec<u8>, StoreError> {
        self.images.get(digest).map_err(file("read", &self.images.path(digest)))
    }

    fn sweep(&self) -> Result<(), StoreError> {
        let needed: BTreeSet<Digest> =
            self.functions()?.iter().flat_map(Function::images).collect();
        self.images.sweep(&needed).map_err(file("tidy", Path::new("the folder of images")))
    }
}

fn make_tables(store: &Database) -> Result<(), StoreError> {
    let writing = store.begin_write().map_err(database)?;
    writing.open_table(FUNCTIONS).map_err(database)?;
    writing.open_table(keys::KEYS).map_err(database)?;
    writing.commit().map_err(database)
}

fn key(function: &Function) -> Cow<'_, str> {
    match &*function.tenant {
        tenant::DEFAULT => Cow::from(&function.name),
        tenant => Cow::from(format!("{tenant}/{}", function.name)),
    }
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("lock");
    let lock = File::create(&path).map_err(file("make", &path))?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::InUse { folder: folder.to_owned() }),
        Err(error) => Err(file("lock", &path)(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::record::tests::{id, revision};

    #[test]
    fn functions_and_images_are_there_again_when_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let digest = store.put_image(b"one").unwrap();
        let function = Function::new(&id("f"), revision(b"one"));
        store.write(&function).unwrap();
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.functions().unwrap(), [function]);
        assert_eq!(store.image(digest).unwrap(), b"one");
    }

    #[test]
    fn image_is_gone_when_its_deployment_did_not_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let digest = store.put_image(b"one").unwrap();
        drop(store);
        assert!(Store::open(folder.path()).unwrap().image(digest).is_err());
    }

    #[test]
    fn image_is_gone_when_its_function_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let digest = store.put_image(b"one").unwrap();
        store.write(&Function::new(&id("f"), revision(b"one"))).unwrap();
        store.remove(&id("f")).unwrap();
        assert_eq!(store.functions().unwrap(), []);
        assert!(store.image(digest).is_err());
    }

    #[test]
    fn second_node_is_refused_while_the_first_has_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = Store::open(folder.path()).unwrap();
        let refused = Store::open(folder.path()).unwrap_err();
        assert!(matches!(refused, StoreError::InUse { .. }), "{refused}");
        drop(first);
        assert!(Store::open(folder.path()).is_ok());
    }
}
