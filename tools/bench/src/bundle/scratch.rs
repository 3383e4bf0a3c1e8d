//! A folder for one process, beside those of others, which goes with its process.
//!
//! A process that is killed leaves its folder behind. So whoever owns one holds a lock on it, and whoever
//! makes one removes those that nobody holds. The lock on the parent keeps a folder that is not locked yet
//! from being taken for one. Spec: flock(2), which locks folders as it does files.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

/// What the names of these folders begin with.
const PREFIX: &str = "sources-";

/// The folder. It goes when it is dropped.
pub(super) struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// A new one in `parent`; those that killed processes left there are removed.
    pub(super) fn new(parent: &Path) -> io::Result<Self> {
        let one_at_a_time = File::open(parent)?;
        flock(&one_at_a_time, FlockOperation::LockExclusive)?;
        remove_stale(parent)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let lock = File::open(folder.path())?;
        flock(&lock, FlockOperation::LockExclusive)?;
        Ok(Self { folder, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn remove_stale(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let is_one = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_one && is_stale(&entry.path()) {
            // Another user's, perhaps: then it stays.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

fn is_stale(folder: &Path) -> bool {
    let lock = File::open(folder);
    lock.is_ok_and(|lock| flock(lock, FlockOperation::NonBlockingLockExclusive).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_is_removed_when_its_process_left_it_and_not_before() {
        let parent = tempfile::tempdir().unwrap();
        let stale = parent.path().join("sources-of-a-killed-process");
        let kept = parent.path().join("hello.image");
        fs::create_dir(&stale).unwrap();
        fs::write(stale.join("Cargo.toml"), "").unwrap();
        fs::write(&kept, "").unwrap();

        let first = Scratch::new(parent.path()).unwrap();
        assert!(!stale.exists() && kept.exists());
        let second = Scratch::new(parent.path()).unwrap();
        assert!(first.path().is_dir() && second.path().is_dir());
        let path = first.path().to_owned();
        drop(first);
        assert!(!path.exists() && second.path().is_dir());
    }
}
