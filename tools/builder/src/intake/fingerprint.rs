//! The digest of what a service is made of: its manifests, lock file and source files, those of vetted folders
//! that it uses, and the service crate. Crates of crates.io are in it by their checksums in the lock file.
//!
//! It is of what was taken in, which has no trace of where it lay. What else is in a service's folder, such
//! as its image, cannot be in a build.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::toolchain::digest::{self, Digest};

/// The digest of the folders of a stage; `embedded` names the service crate's content.
pub(super) fn of(stage: &Path, embedded: &str) -> io::Result<Digest> {
    let mut files = Vec::new();
    add(&stage.join("crate"), is_source, &mut files)?;
    add(&stage.join("folders"), |_| true, &mut files)?;
    files.sort();
    let mut parts = vec![embedded.as_bytes().to_vec()];
    for file in files {
        let name = file.strip_prefix(stage).unwrap_or(&file);
        parts.push(name.display().to_string().into_bytes());
        parts.push(fs::read(&file)?);
    }
    Ok(digest::of_parts(parts.iter().map(Vec::as_slice)))
}

/// Whether a file of a service can have an effect: no macro of it may read others.
fn is_source(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default();
    name == "Cargo.toml" || name == "Cargo.lock" || file.extension().is_some_and(|end| end == "rs")
}

fn add(folder: &Path, is_meant: fn(&Path) -> bool, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            add(&path, is_meant, files)?;
        } else if is_meant(&path) {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_of_sources_and_not_of_where_they_lie() {
        let digest = |files: &[(&str, &str)]| {
            let stage = tempfile::tempdir().unwrap();
            fs::create_dir(stage.path().join("folders")).unwrap();
            for (name, text) in files {
                let path = stage.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            of(stage.path(), "mote-service-1").unwrap()
        };
        let files = [("crate/Cargo.toml", "[package]"), ("crate/src/lib.rs", "fn f() {}")];
        let first = digest(&files);
        assert_eq!(digest(&[files[1], files[0], ("crate/p.image", "built")]), first);
        for other in [
            ("crate/src/lib.rs", "fn g() {}"),
            ("crate/src/more.rs", ""),
            ("crate/Cargo.lock", ""),
            ("folders/0/src/data.bin", ""),
        ] {
            assert_ne!(digest(&[files[0], files[1], other]), first, "{other:?}");
        }
    }
}
