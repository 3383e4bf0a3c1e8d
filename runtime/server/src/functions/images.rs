//! Images as files, named by their SHA-256. A file is there whole or not at all.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The bytes of the digest.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("`{text}` is not a SHA-256")))
    }
}

/// The folder of images.
#[derive(Debug)]
pub struct Images {
    folder: PathBuf,
}

impl Images {
    /// Opens the folder, and makes it if it is missing.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Keeps an image: it is on disk when this returns.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&self, image: &[u8]) -> io::Result<Digest> {
        let digest = Digest::of(image);
        let path = self.path(digest);
        if path.exists() {
            return Ok(digest);
        }
        let partial = self.folder.join(format!("{digest}.partial"));
        let mut file = File::create(&partial)?;
        file.write_all(image)?;
        file.sync_all()?;
        fs::rename(&partial, &path)?;
        File::open(&self.folder)?.sync_all()?;
        Ok(digest)
    }

    /// The bytes of an image.
    ///
    /// # Errors
    /// It is not there, cannot be read, or its bytes are no longer those that were kept.
    pub fn get(&self, digest: Digest) -> io::Result<Vec<u8>> {
        let bytes = fs::read(self.path(digest))?;
        match Digest::of(&bytes) == digest {
            true => Ok(bytes),
            false => Err(io::Error::new(io::ErrorKind::InvalidData, "its SHA-256 is another")),
        }
    }

    /// Where an image is.
    #[must_use]
    pub fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{digest}.image"))
    }

    /// Removes every file that is none of these images: what deployments left that did not end.
    ///
    /// # Errors
    /// A file cannot be listed or removed.
    pub fn sweep(&self, needed: &BTreeSet<Digest>) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let digest = name.to_str().and_then(|name| Digest::parse(name.strip_suffix(".image")?));
            if !digest.is_some_and(|digest| needed.contains(&digest)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> (tempfile::TempDir, Images) {
        let folder = tempfile::tempdir().unwrap();
        let images = Images::open(&folder.path().join("images")).unwrap();
        (folder, images)
    }

    #[test]
    fn digest_is_sha_256_and_is_read_back() {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").to_string(), text);
        assert_eq!(Digest::parse(text), Some(Digest::of(b"abc")));
        for bad in ["", "ba78", &text[1..], &text.replace('b', "g"), &format!("{text}0")] {
            assert_eq!(Digest::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn image_comes_back_as_it_was_kept() {
        let (_folder, images) = images();
        let digest = images.put(b"an image").unwrap();
        assert_eq!(images.put(b"an image").unwrap(), digest);
        assert_eq!(images.get(digest).unwrap(), b"an image");
        assert!(images.get(Digest::of(b"another")).is_err());
    }

    #[test]
    fn image_is_refused_when_its_bytes_changed() {
        let (_folder, images) = images();
        let digest = images.put(b"an image").unwrap();
        fs::write(images.path(digest), b"an imagE").unwrap();
        assert_eq!(images.get(digest).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn sweep_removes_what_nobody_needs() {
        let (_folder, images) = images();
        let (kept, gone) = (images.put(b"kept").unwrap(), images.put(b"gone").unwrap());
        let partial = images.folder.join("half.partial");
        fs::write(&partial, b"half").unwrap();
        images.sweep(&BTreeSet::from([kept])).unwrap();
        assert!(images.get(kept).is_ok() && images.get(gone).is_err() && !partial.exists());
    }
}
