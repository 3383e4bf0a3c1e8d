//! Copies a package into a fresh folder: regular files only, and nothing that would change how it is
//! built. Folders are opened one from another without following links, so that what is copied lies
//! below the package even if somebody moves it meanwhile.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};

use crate::error::BuildError;
use crate::error::intake::{IntakeError, SizeLimit};
use crate::event::Ignored;

const BYTES: u64 = 64 << 20;
const FILES: usize = 20_000;

/// Folders that are no sources: of version control.
const SKIPPED: [&str; 3] = [".git", ".hg", ".svn"];

/// A copy under way.
struct Copy<'a> {
    to: &'a Path,
    bytes: u64,
    files: usize,
    ignored: Vec<(PathBuf, Ignored)>,
}

/// Copies the package in `from` into the empty folder `to`; tells what was left out.
pub(super) fn copy(from: &Path, to: &Path) -> Result<Vec<(PathBuf, Ignored)>, BuildError> {
    let mut copy = Copy { to, bytes: 0, files: 0, ignored: Vec::new() };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat(CWD, from, flags, Mode::empty())
        .map_err(|error| BuildError::Read { path: from.to_owned(), error: error.into() })?;
    copy.folder(folder, Path::new("")).map_err(BuildError::Intake)?;
    Ok(copy.ignored)
}

impl Copy<'_> {
    fn folder(&mut self, folder: OwnedFd, path: &Path) -> Result<(), IntakeError> {
        let cannot = |error: io::Error| IntakeError::Read { path: path.to_owned(), error };
        std::fs::create_dir_all(self.to.join(path)).map_err(cannot)?;
        let entries = Dir::read_from(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        for entry in entries.map_err(|error| cannot(error.into()))? {
            let name = entry.file_name();
            if name != c"." && name != c".." {
                self.entry(
                    &folder,
                    name,
                    &path.join(std::ffi::OsStr::from_bytes(name.to_bytes())),
                )?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, folder: &OwnedFd, name: &CStr, path: &Path) -> Result<(), IntakeError> {
        let cannot = |error: rustix::io::Errno| IntakeError::Read {
            path: path.to_owned(),
            error: error.into(),
        };
        let status = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(cannot)?;
        let kind = FileType::from_raw_mode(status.st_mode);
        if let Some(ignored) = ignored(path, kind) {
            self.ignored.push((path.to_owned(), ignored));
            return Ok(());
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        if kind != FileType::Directory {
            let file = openat(folder, name, flags, Mode::empty()).map_err(cannot)?;
            return self.file(file, path);
        }
        let inner =
            openat(folder, name, flags | OFlags::DIRECTORY, Mode::empty()).map_err(cannot)?;
        if is_skipped(path, &inner) { Ok(()) } else { self.folder(inner, path) }
    }

    fn file(&mut self, file: OwnedFd, path: &Path) -> Result<(), IntakeError> {
        self.files += 1;
        if self.files > FILES {
            return Err(IntakeError::TooLarge { limit: SizeLimit::Files(FILES) });
        }
        let copied = || -> io::Result<u64> {
            let mut from = File::from(file);
            if !from.metadata()?.is_file() {
                return Err(io::Error::other("it is not a regular file any more"));
            }
            let mut to = File::create_new(self.to.join(path))?;
            io::copy(&mut from.by_ref().take(BYTES + 1 - self.bytes), &mut to)
        };
        let copied =
            copied().map_err(|error| IntakeError::Read { path: path.to_owned(), error })?;
        self.bytes += copied;
        if self.bytes > BYTES {
            return Err(IntakeError::TooLarge { limit: SizeLimit::Bytes(BYTES) });
        }
        Ok(())
    }
}

/// Whether a folder holds no sources: version control, and what cargo has built.
fn is_skipped(path: &Path, folder: &OwnedFd) -> bool {
    let is_named = |name: &str| path.file_name().is_some_and(|found| found == name);
    let is_tagged = || statat(folder, c"CACHEDIR.TAG", AtFlags::SYMLINK_NOFOLLOW).is_ok();
    SKIPPED.iter().any(|name| is_named(name))
        || is_named("target") && (path == Path::new("target") || is_tagged())
}

/// Why a file or folder is left out, if it is to be told.
fn ignored(path: &Path, kind: FileType) -> Option<Ignored> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match (name, kind) {
        (".cargo", _) => Some(Ignored::CargoConfiguration),
        ("rust-toolchain" | "rust-toolchain.toml", _) => Some(Ignored::Toolchain),
        ("target", FileType::Symlink) => None,
        (_, FileType::Symlink) => Some(Ignored::Link),
        (_, FileType::Directory | FileType::RegularFile) => None,
        _ => Some(Ignored::Special),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn only_regular_files_are_copied_and_the_rest_is_told() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = |name: &str| from.path().join(name);
        for folder in ["src/target", ".cargo", ".git", "target"] {
            fs::create_dir_all(path(folder)).unwrap();
        }
        for file in ["Cargo.toml", "src/lib.rs", "src/target/mod.rs", ".cargo/config.toml"] {
            fs::write(path(file), file).unwrap();
        }
        fs::write(path("rust-toolchain.toml"), "").unwrap();
        symlink("/etc/passwd", path("src/notes.txt")).unwrap();
        rustix::fs::mkfifoat(CWD, path("fifo"), Mode::RWXU).unwrap();
        let mut ignored = copy(from.path(), to.path()).unwrap();
        ignored.sort();
        let expected = [
            (".cargo", Ignored::CargoConfiguration),
            ("fifo", Ignored::Special),
            ("rust-toolchain.toml", Ignored::Toolchain),
            ("src/notes.txt", Ignored::Link),
        ];
        assert_eq!(ignored, expected.map(|(path, why)| (PathBuf::from(path), why)));
        assert_eq!(names(to.path()), ["Cargo.toml", "src"]);
        assert_eq!(names(&to.path().join("src")), ["lib.rs", "target"]);
    }

    #[test]
    fn folder_that_is_too_large_is_refused() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        File::create(from.path().join("big")).unwrap().set_len(BYTES + 1).unwrap();
        let error = copy(from.path(), to.path()).unwrap_err();
        assert!(matches!(error, BuildError::Intake(IntakeError::TooLarge { .. })), "{error}");
    }
}
