//! The folder that outlives a build. Each entry is named by a hash of what it holds, is made aside
//! and then renamed into place: two builds that make the same one at once do not disturb each other.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::error::BuildError;

/// The root of the cache.
#[derive(Clone, Debug)]
pub(crate) struct Cache(PathBuf);

impl Cache {
    /// Opens the cache at `path`, or the user's.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, BuildError> {
        let root = match path {
            Some(path) => std::path::absolute(path)
                .map_err(|error| BuildError::Write { path: path.to_owned(), error })?,
            None => user_cache().ok_or(BuildError::NoCache)?.join("mote"),
        };
        match fs::create_dir_all(&root) {
            Ok(()) => Ok(Self(root)),
            Err(error) => Err(BuildError::Write { path: root, error }),
        }
    }

    /// The folder `NAME-HASH` of what `key` identifies; `fill` makes its content if it is not there.
    pub(crate) fn entry(
        &self,
        name: &str,
        key: &impl Hash,
        fill: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<PathBuf, BuildError> {
        let path = self.place(name, key);
        if !path.is_dir() {
            self.install(&path, fill)
                .map_err(|error| BuildError::Write { path: path.clone(), error })?;
        }
        Ok(path)
    }

    /// Where `NAME-HASH` is, or would be.
    pub(crate) fn place(&self, name: &str, key: &impl Hash) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        self.0.join(format!("{name}-{:016x}", hasher.finish()))
    }

    /// The folder of unpacked crates.
    pub(crate) fn crates(&self) -> PathBuf {
        self.0.join("crates")
    }

    /// Where it is kept that a crate's sources have nothing to be told.
    pub(crate) fn clean_sources(&self) -> PathBuf {
        self.0.join("clean")
    }

    /// The folder of compiled dependencies.
    pub(crate) fn compiled(&self) -> PathBuf {
        self.0.join("compiled")
    }

    /// The folder of builds under way.
    pub(crate) fn builds(&self) -> Result<PathBuf, BuildError> {
        let path = self.0.join("builds");
        match fs::create_dir_all(&path) {
            Ok(()) => Ok(path),
            Err(error) => Err(BuildError::Write { path, error }),
        }
    }

    /// Makes the folder `path` of the cache, which `fill` fills, unless another build does.
    pub(crate) fn install(
        &self,
        path: &Path,
        fill: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<()> {
        fs::create_dir_all(path.parent().unwrap_or(&self.0))?;
        let aside = tempfile::Builder::new().prefix("partial-").tempdir_in(&self.0)?;
        fill(aside.path())?;
        match fs::rename(aside.path(), path) {
            Ok(()) => {
                // It is in place under another name: nothing is left to remove.
                let _ = aside.keep();
                Ok(())
            }
            // Another build was first, with the same content.
            Err(_) if path.is_dir() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The user's folder for caches, of all programs; `None` if neither XDG_CACHE_HOME nor HOME says it.
/// XDG Base Directory Specification: a relative path is to be ignored.
#[must_use]
pub fn user_cache() -> Option<PathBuf> {
    let absolute =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_is_filled_once_when_builds_race() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(folder.path())).unwrap();
        let fill = |path: &Path| fs::write(path.join("file"), "content");
        let paths: Vec<PathBuf> = std::thread::scope(|scope| {
            let builds: Vec<_> =
                (0..8).map(|_| scope.spawn(|| cache.entry("name", &1, fill).unwrap())).collect();
            builds.into_iter().map(|build| build.join().unwrap()).collect()
        });
        assert!(paths.iter().all(|path| *path == paths[0]));
        assert_eq!(fs::read(paths[0].join("file")).unwrap(), b"content");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn entry_differs_when_the_key_differs() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(folder.path())).unwrap();
        let entry = |key: u32| cache.entry("name", &key, |_| Ok(())).unwrap();
        assert_ne!(entry(1), entry(2));
    }
}
