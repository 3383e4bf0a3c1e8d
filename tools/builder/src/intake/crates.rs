//! The sources of crates from crates.io: each unpacked once into the cache, from a file whose checksum is
//! the lock file's. Cargo gets them as a directory source, and once more compares every file with what was
//! unpacked.
//!
//! Where cargo itself has them from a vendored folder, they are copied from there, each file compared with
//! the checksums beside it.
//!
//! Spec: The Cargo Book, "Directory Sources".

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::error::BuildError;
use crate::error::intake::IntakeError;
use crate::intake::graph::Described;
use crate::lock::Locked;
use crate::toolchain::cache::Cache;
use crate::toolchain::digest;

/// The largest crate, unpacked.
const BYTES: u64 = 256 << 20;

/// The name of the file with checksums in a directory source.
const CHECKSUMS: &str = ".cargo-checksum.json";

#[derive(Deserialize, Serialize)]
struct Checksums {
    files: BTreeMap<String, String>,
    package: Option<String>,
}

/// The sources of a crate, unpacked.
#[derive(Clone, Debug)]
pub(crate) struct Unpacked {
    /// Their folder.
    pub(crate) folder: PathBuf,
    /// SHA-256 of the file that they came in.
    pub(crate) checksum: String,
}

/// Unpacks `package`, unless the cache has it already, and says where it is.
pub(super) fn unpacked(
    package: &Described,
    locked: &Locked,
    cache: &Cache,
) -> Result<Unpacked, BuildError> {
    let checksum = locked.checksum.as_deref().unwrap_or_default();
    let place = cache.crates().join(format!("{}-{}-{checksum}", locked.name, locked.version));
    let unpacked = Unpacked { folder: place.clone(), checksum: checksum.to_owned() };
    if place.join(CHECKSUMS).is_file() {
        return Ok(unpacked);
    }
    let mut unpacking = Unpacking::default();
    let from = archive_of(package);
    let found = match &from {
        Some(archive) => open_checked(archive, checksum),
        None => Ok(None),
    };
    let result = found.and_then(|found| {
        cache.install(&place, |folder| {
            match found {
                Some(bytes) => unpacking.archive(&bytes, folder)?,
                None => unpacking.vendored(package.folder(), checksum, folder)?,
            }
            unpacking.write_checksums(folder, checksum)
        })
    });
    match result {
        Ok(()) => Ok(unpacked),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            let path = from.unwrap_or_else(|| package.folder().to_owned());
            Err(BuildError::Intake(IntakeError::Checksum { package: locked.title(), path }))
        }
        Err(error) => Err(BuildError::Write { path: place, error }),
    }
}

/// Lets `folder` be a directory source with what was unpacked, which it finds in `crates` beside itself.
pub(super) fn link<'a>(
    unpacked: impl IntoIterator<Item = &'a Unpacked>,
    folder: &Path,
) -> io::Result<()> {
    fs::create_dir(folder)?;
    for Unpacked { folder: place, .. } in unpacked {
        let name = place.file_name().unwrap_or_default();
        symlink(Path::new("../crates").join(name), folder.join(name))?;
    }
    Ok(())
}

/// Where cargo keeps the file that it has unpacked to `registry/src/REGISTRY/NAME-VERSION`.
fn archive_of(package: &Described) -> Option<PathBuf> {
    let folder = package.folder();
    let registry = folder.parent()?;
    let home = registry.parent().filter(|parent| parent.ends_with("registry/src"))?.parent()?;
    let name = format!("{}-{}.crate", package.name, package.version);
    Some(home.join("cache").join(registry.file_name()?).join(name)).filter(|path| path.is_file())
}

fn open_checked(archive: &Path, checksum: &str) -> io::Result<Option<Vec<u8>>> {
    let bytes = fs::read(archive)?;
    if digest::hex(&digest::of(&bytes)) == checksum { Ok(Some(bytes)) } else { Err(invalid()) }
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

#[derive(Default)]
struct Unpacking {
    files: BTreeMap<String, String>,
    bytes: u64,
}

impl Unpacking {
    /// Unpacks a `.crate` file: regular files below one folder.
    fn archive(&mut self, bytes: &[u8], folder: &Path) -> io::Result<()> {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes));
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = entry.path()?.into_owned();
            if entry.header().entry_type().is_file() {
                self.file(&mut entry, path.components().skip(1).collect(), folder)?;
            }
        }
        Ok(())
    }

    /// Copies a vendored crate.
    fn vendored(&mut self, from: &Path, checksum: &str, folder: &Path) -> io::Result<()> {
        let checksums: Checksums = serde_json::from_slice(&fs::read(from.join(CHECKSUMS))?)?;
        if checksums.package.as_deref() != Some(checksum) {
            return Err(invalid());
        }
        for (path, expected) in &checksums.files {
            self.file(&mut File::open(from.join(path))?, path.into(), folder)?;
            if self.files.get(path) != Some(expected) {
                return Err(invalid());
            }
        }
        Ok(())
    }

    fn file(&mut self, from: &mut impl Read, path: PathBuf, folder: &Path) -> io::Result<()> {
        let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        if !is_plain || path.as_os_str().is_empty() {
            return Err(invalid());
        }
        let mut bytes = Vec::new();
        from.take(BYTES + 1 - self.bytes).read_to_end(&mut bytes)?;
        self.bytes += bytes.len() as u64;
        if self.bytes > BYTES {
            return Err(invalid());
        }
        let to = folder.join(&path);
        fs::create_dir_all(to.parent().unwrap_or(folder))?;
        fs::write(&to, &bytes)?;
        self.files.insert(path.display().to_string(), digest::hex(&digest::of(&bytes)));
        Ok(())
    }

    fn write_checksums(self, folder: &Path, checksum: &str) -> io::Result<()> {
        let checksums = Checksums { files: self.files, package: Some(checksum.to_owned()) };
        fs::write(folder.join(CHECKSUMS), serde_json::to_vec(&checksums)?)
    }
}
