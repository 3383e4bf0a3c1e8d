//! Zip archives of clients. Nothing of one is trusted: not its sizes, its names or its number of files.

use std::fs;
use std::io::{self, Cursor, Read as _};
use std::path::{Path, PathBuf};

use thiserror::Error;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

/// The first bytes of an image, which is an ELF file.
pub(super) const ELF: &[u8] = b"\x7fELF";

/// The most that all files of an archive have, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// The most files of an archive.
const MAX_FILES: usize = 2_000;

/// Why an archive is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It is no zip.
    #[error("the package is neither an image nor a zip archive: {0}")]
    NoArchive(#[from] ZipError),
    /// It has too many files.
    #[error("the archive has {files} files; the limit is {MAX_FILES}")]
    TooMany {
        /// How many.
        files: usize,
    },
    /// Its files are too long.
    #[error("the archive's files have more than {MAX_BYTES} bytes, which is the limit")]
    TooLong,
    /// A name leads out of the folder that it is unpacked into.
    #[error("the archive's file `{name}` leads out of its folder")]
    Outside {
        /// The name.
        name: String,
    },
    /// It has a link or a device.
    #[error("the archive's `{name}` is neither a file nor a folder")]
    NoFile {
        /// Its name.
        name: String,
    },
    /// It has neither.
    #[error(
        "the archive has neither a Cargo.toml, at its top or in its only folder, nor one image"
    )]
    Nothing,
    /// It cannot be written, or its bytes are damaged.
    #[error("the archive's file `{name}` cannot be unpacked: {source}")]
    Unpack {
        /// Its name.
        name: String,
        /// Why.
        source: io::Error,
    },
}

/// What an archive holds.
#[derive(Debug)]
pub(super) enum Content {
    /// One file: an image.
    Image(Vec<u8>),
    /// A package's source, in this folder.
    Source(PathBuf),
}

/// Unpacks an archive into `folder`, which is empty.
pub(super) fn unpack(bytes: &[u8], folder: &Path) -> Result<Content, ArchiveError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    if archive.len() > MAX_FILES {
        return Err(ArchiveError::TooMany { files: archive.len() });
    }
    let mut left = MAX_BYTES;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        if let Some(path) = unpack_one(archive.by_index(index)?, folder, &mut left)? {
            files.push(path);
        }
    }
    content(&files)
}

/// Writes one file, and returns its path; `None` for a folder.
fn unpack_one(
    mut file: ZipFile<'_, Cursor<&[u8]>>,
    folder: &Path,
    left: &mut u64,
) -> Result<Option<PathBuf>, ArchiveError> {
    let name = file.name()?.into_owned();
    let Some(path) = file.enclosed_name() else { return Err(ArchiveError::Outside { name }) };
    let path = folder.join(path);
    if file.is_dir() {
        return Ok(None);
    }
    if !file.is_file() {
        return Err(ArchiveError::NoFile { name });
    }
    let mut bytes = Vec::new();
    let unpack = |source| ArchiveError::Unpack { name: name.clone(), source };
    file.by_ref().take(*left + 1).read_to_end(&mut bytes).map_err(unpack)?;
    *left = left.checked_sub(bytes.len() as u64).ok_or(ArchiveError::TooLong)?;
    let write = || {
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, &bytes)
    };
    write().map_err(unpack)?;
    Ok(Some(path))
}

fn content(files: &[PathBuf]) -> Result<Content, ArchiveError> {
    if let [file] = files
        && let Ok(bytes) = fs::read(file)
        && bytes.starts_with(ELF)
    {
        return Ok(Content::Image(bytes));
    }
    let manifests = files.iter().filter(|file| file.ends_with("Cargo.toml"));
    let depth = |file: &Path| file.components().count();
    let top = manifests.min_by_key(|file| depth(file)).and_then(|file| file.parent());
    match top {
        Some(top) if files.iter().all(|file| file.starts_with(top)) => {
            Ok(Content::Source(top.to_owned()))
        }
        _ => Err(ArchiveError::Nothing),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn unpacked(files: &[(&str, &[u8])]) -> Result<String, ArchiveError> {
        let folder = tempfile::tempdir().unwrap();
        Ok(match unpack(&archive(files), folder.path())? {
            Content::Image(image) => format!("image of {}", image.len()),
            Content::Source(path) => {
                assert!(path.join("Cargo.toml").is_file());
                let path = path.strip_prefix(folder.path()).unwrap();
                format!("source in `{}`", path.display())
            }
        })
    }

    #[test]
    fn source_is_found_at_the_top_or_in_the_only_folder() {
        let top: [(&str, &[u8]); 2] = [("Cargo.toml", b"[package]"), ("src/lib.rs", b"")];
        assert_eq!(unpacked(&top).unwrap(), "source in ``");
        let inside: [(&str, &[u8]); 2] = [("a/src/lib.rs", b""), ("a/Cargo.toml", b"")];
        assert_eq!(unpacked(&inside).unwrap(), "source in `a`");
    }

    #[test]
    fn single_file_may_be_an_image() {
        assert_eq!(unpacked(&[("x", b"\x7fELF and more")]).unwrap(), "image of 13");
        assert!(matches!(unpacked(&[("x", b"text")]), Err(ArchiveError::Nothing)));
        assert!(matches!(unpacked(&[]), Err(ArchiveError::Nothing)));
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["../Cargo.toml", "a/../../Cargo.toml"] {
            let refused = unpacked(&[(name, b"")]).unwrap_err();
            assert!(matches!(refused, ArchiveError::Outside { .. }), "{refused}");
        }
    }

    #[test]
    fn bomb_is_refused() {
        let zeros = vec![0; 33 << 20];
        let refused = unpacked(&[("Cargo.toml", &zeros), ("b", &zeros)]).unwrap_err();
        assert!(matches!(refused, ArchiveError::TooLong), "{refused}");
    }

    #[test]
    fn links_are_refused() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("Cargo.toml", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        let folder = tempfile::tempdir().unwrap();
        let refused = unpack(&bytes, folder.path()).unwrap_err();
        assert!(matches!(refused, ArchiveError::NoFile { .. }), "{refused}");
    }

    #[test]
    fn noise_is_no_archive() {
        let folder = tempfile::tempdir().unwrap();
        let refused = unpack(b"PK\x03\x04 and nothing else", folder.path()).unwrap_err();
        assert!(matches!(refused, ArchiveError::NoArchive(_)), "{refused}");
    }
}
