//! The keys that sign images, each a file of its owner's.
//!
//! ```text
//!  KEYS/NAME.key    the secret, 64 hexadecimal digits, readable by its owner alone
//! ```
//! where `KEYS` is `$XDG_CONFIG_HOME/mote/keys` or `~/.config/mote/keys`.

mod key;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use mote_loader::signature::PublicKey;

use crate::error::keys::KeyError;
pub use key::Key;

/// How the file of a secret ends.
const ENDING: &str = "key";

/// A folder of keys.
#[derive(Clone, Debug)]
pub struct Keys(PathBuf);

impl Keys {
    /// The user's.
    ///
    /// # Errors
    /// Neither XDG_CONFIG_HOME nor HOME says where they are.
    pub fn of_user() -> Result<Self, KeyError> {
        let absolute =
            |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let config = absolute("XDG_CONFIG_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".config")));
        config.map(|config| Self(config.join("mote/keys"))).ok_or(KeyError::NoFolder)
    }

    /// Those in `folder`.
    #[must_use]
    pub fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Makes a key from what the kernel says is random.
    ///
    /// # Errors
    /// The name is none, there is a key of that name, or the file cannot be written.
    pub fn create(&self, name: &str) -> Result<PublicKey, KeyError> {
        let path = self.path(name)?;
        let key = random().map_err(|error| KeyError::Random { error })?;
        let written =
            DirBuilder::new().recursive(true).mode(0o700).create(&self.0).and_then(|()| {
                let mut file =
                    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
                writeln!(file, "{}", key.secret()).and_then(|()| file.sync_all())
            });
        match written {
            Ok(()) => Ok(key.public()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(KeyError::Exists { path })
            }
            Err(error) => Err(KeyError::Write { path, error }),
        }
    }

    /// The key of that name.
    ///
    /// # Errors
    /// There is none, others may read its file, or it holds no key.
    pub fn key(&self, name: &str) -> Result<Key, KeyError> {
        let path = self.path(name)?;
        let text = read(&path)?;
        Key::of_secret(text.trim()).ok_or(KeyError::NoKey { path })
    }

    /// Names and public keys of all, by name.
    ///
    /// # Errors
    /// As of [`key`](Self::key), for any of them.
    pub fn list(&self) -> Result<Vec<(String, PublicKey)>, KeyError> {
        let mut names: Vec<String> = match fs::read_dir(&self.0) {
            Ok(entries) => entries.flatten().filter_map(|entry| name_of(&entry.path())).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(KeyError::Read { path: self.0.clone(), error }),
        };
        names.sort();
        names.into_iter().map(|name| self.key(&name).map(|key| (name, key.public()))).collect()
    }

    fn path(&self, name: &str) -> Result<PathBuf, KeyError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.starts_with('.') || !name.bytes().all(is_allowed) {
            return Err(KeyError::Name { name: name.to_owned() });
        }
        Ok(self.0.join(format!("{name}.{ENDING}")))
    }
}

fn name_of(path: &Path) -> Option<String> {
    let is_key = path.extension().is_some_and(|ending| ending == ENDING);
    let name = path.file_stem()?.to_str()?;
    is_key.then(|| name.to_owned())
}

fn random() -> io::Result<Key> {
    let mut secret = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut secret)?;
    Ok(Key::of_bytes(&secret))
}

/// The text of a file that is its owner's alone.
fn read(path: &Path) -> Result<String, KeyError> {
    let cannot = |error| KeyError::Read { path: path.to_owned(), error };
    let mut file = File::open(path).map_err(cannot)?;
    let mode = file.metadata().map_err(cannot)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Readable { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map(|_| text).map_err(cannot)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn key_is_made_once_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::at(folder.path().join("mote/keys"));
        assert_eq!(keys.list().unwrap(), []);
        let (b, a) = (keys.create("b").unwrap(), keys.create("a").unwrap());
        assert_eq!(keys.list().unwrap(), [("a".to_owned(), a), ("b".to_owned(), b)]);
        assert_eq!(keys.key("a").unwrap().public(), a);
        assert!(matches!(keys.create("a"), Err(KeyError::Exists { .. })));
        let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().mode() & 0o777;
        assert_eq!((mode("mote/keys"), mode("mote/keys/a.key")), (0o700, 0o600));
    }

    #[test]
    fn key_that_others_may_read_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::at(folder.path().to_owned());
        keys.create("a").unwrap();
        let path = folder.path().join("a.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = keys.key("a").unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn name_is_no_path_and_file_must_hold_a_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::at(folder.path().to_owned());
        for name in ["", "a/b", "../a", ".a", "ä"] {
            assert!(matches!(keys.create(name), Err(KeyError::Name { .. })), "{name}");
        }
        assert!(matches!(keys.key("gone"), Err(KeyError::Read { .. })));
        fs::write(folder.path().join("a.key"), "12").unwrap();
        fs::set_permissions(folder.path().join("a.key"), fs::Permissions::from_mode(0o600))
            .unwrap();
        assert!(matches!(keys.key("a"), Err(KeyError::NoKey { .. })));
    }
}
