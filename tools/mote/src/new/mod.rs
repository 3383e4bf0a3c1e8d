//! `mote new`: a service to begin with, which builds and is tested without anything from a registry.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use crate::status::{Failure, OrStatus as _, Status};

/// The manifest, with `NAME` for the name.
const MANIFEST: &str = include_str!("template/Cargo.toml.txt");
/// The service, with tests.
const SOURCE: &str = include_str!("template/lib.rs.txt");
/// What git leaves out.
const IGNORED: &str = "/target\n*.image\n";
/// Where the copy of mote-service is, in the new package.
const SERVICE_CRATE: &str = "mote-service";

/// `mote new`.
#[derive(Clone, Debug, Args)]
pub(crate) struct NewArgs {
    /// The folder to make. Its last part is the package's name.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) directory: PathBuf,
}

/// Why no service is made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NewError {
    /// Cargo takes no such name.
    #[error("{name:?} is no name for a package: letters, digits, `-` and `_`, and a letter first")]
    Name { name: String },
    /// There is something already.
    #[error("{} is there already; nothing was changed", path.display())]
    Exists { path: PathBuf },
    /// A file cannot be written.
    #[error("cannot write below {}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Makes the folder, and says what to do with it.
///
/// # Errors
/// See [`NewError`].
pub(crate) fn execute(args: &NewArgs) -> Result<Status, Failure> {
    let folder = &args.directory;
    make(folder).or_status(Status::Usage, || "no service is made")?;
    let folder = folder.display();
    eprintln!(
        "{folder} is a service. Next:\n  \
         cargo test --manifest-path {folder}/Cargo.toml\n  \
         mote run {folder} --data Ada"
    );
    Ok(Status::Done)
}

fn make(folder: &Path) -> Result<(), NewError> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !is_package_name(&name) {
        return Err(NewError::Name { name });
    }
    if folder.exists() {
        return Err(NewError::Exists { path: folder.to_owned() });
    }
    fill(folder, &name).map_err(|source| NewError::Write { path: folder.to_owned(), source })
}

fn fill(folder: &Path, name: &str) -> io::Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), MANIFEST.replace("NAME", name))?;
    fs::write(folder.join("src/lib.rs"), SOURCE)?;
    fs::write(folder.join(".gitignore"), IGNORED)?;
    mote_builder::copy_service_crate(&folder.join(SERVICE_CRATE))
}

/// What cargo-new(1) takes, and no name of a crate that an image has already.
fn is_package_name(name: &str) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_taken = ["core", "alloc", "std", "test", SERVICE_CRATE].contains(&name);
    begins_well && name.chars().all(is_allowed) && !is_taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_one_that_cargo_takes() {
        for name in ["hello", "hello-2", "Hello_World"] {
            assert!(is_package_name(name), "{name}");
        }
        for name in ["", "2hello", "héllo", "a.b", "core", "mote-service", "-a"] {
            assert!(!is_package_name(name), "{name}");
        }
    }

    #[test]
    fn folder_that_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine");
        fs::create_dir(&path).unwrap();
        assert!(matches!(make(&path), Err(NewError::Exists { .. })));
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    }
}
