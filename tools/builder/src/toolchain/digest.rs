//! SHA-256, of bytes and of folders.

use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// A SHA-256.
pub(crate) type Digest = [u8; 32];

/// Of bytes.
pub(crate) fn of(bytes: &[u8]) -> Digest {
    Sha256::digest(bytes).into()
}

/// In hexadecimal.
pub(crate) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Of all files below `folder`, with their names, whatever order the file system has them in. Links and
/// special files are of no account.
pub(crate) fn of_folder(folder: &Path) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    add_folder(&mut hasher, folder, Path::new(""))?;
    Ok(hasher.finalize().into())
}

fn add_folder(hasher: &mut Sha256, folder: &Path, path: &Path) -> io::Result<()> {
    let mut entries = fs::read_dir(folder.join(path))?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = path.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            add_folder(hasher, folder, &path)?;
        } else if kind.is_file() {
            add(hasher, path.as_os_str().as_encoded_bytes());
            add(hasher, &fs::read(folder.join(&path))?);
        }
    }
    Ok(())
}

/// Adds bytes so that no two sequences of parts are the same to the hash.
fn add(hasher: &mut Sha256, part: &[u8]) {
    hasher.update((part.len() as u64).to_le_bytes());
    hasher.update(part);
}

/// Of parts, in order.
pub(crate) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        add(&mut hasher, part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_s_digest_is_of_names_and_contents() {
        let folder = tempfile::tempdir().unwrap();
        let digest = || of_folder(folder.path()).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("ab", "c");
        let first = digest();
        fs::rename(folder.path().join("ab"), folder.path().join("a")).unwrap();
        write("a", "bc");
        assert_ne!(digest(), first);
        fs::remove_file(folder.path().join("a")).unwrap();
        write("ab", "c");
        assert_eq!(digest(), first);
    }

    #[test]
    fn parts_are_told_apart_by_where_they_end() {
        assert_ne!(of_parts([&b"ab"[..], b"c"]), of_parts([&b"a"[..], b"bc"]));
        assert_eq!(hex(&of(b""))[..8], *"e3b0c442");
    }
}
