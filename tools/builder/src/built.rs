//! A built image, and its file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;

use crate::error::BuildError;

/// A built image. The loader has accepted it.
#[derive(Clone, Debug)]
pub struct Built {
    /// The name of the package.
    pub package: String,
    /// The image's bytes.
    pub image: Vec<u8>,
}

impl Built {
    /// The name of its file unless the user says another: `PACKAGE.image`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.image", self.package)
    }

    /// Writes the image to `path`. A regular file is replaced whole or not at all, through a symbolic
    /// link too; a device or a fifo is written to and stays what it is.
    ///
    /// # Errors
    /// [`BuildError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), BuildError> {
        let written = match fs::metadata(path) {
            Ok(found) if !found.is_file() => self.write_into(path),
            Ok(_) => path.canonicalize().and_then(|target| self.replace(&target)),
            // The target of the link is not there yet.
            Err(_) if path.is_symlink() => self.write_into(path),
            Err(_) => self.replace(path),
        };
        written.map_err(|error| BuildError::Write { path: path.to_owned(), error })
    }

    fn write_into(&self, path: &Path) -> io::Result<()> {
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)?
            .write_all(&self.image)
    }

    fn replace(&self, path: &Path) -> io::Result<()> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(format!(".{}.partial", process::id()));
        let partial = PathBuf::from(partial);
        fs::write(&partial, &self.image).and_then(|()| fs::rename(&partial, path)).inspect_err(
            |_| {
                // The first error is the one to tell; the partial file may never have been there.
                let _ = fs::remove_file(&partial);
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt as _, symlink};

    use super::*;

    fn built() -> Built {
        Built { package: "p".into(), image: b"image".into() }
    }

    #[test]
    fn file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.image");
        fs::write(&path, "a longer file than the image").unwrap();
        built().write(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"image");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn link_stays_a_link_whether_or_not_its_target_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        symlink(&target, &link).unwrap();
        for _ in 0..2 {
            built().write(&link).unwrap();
            assert!(link.is_symlink() && !target.is_symlink());
            assert_eq!(fs::read(&target).unwrap(), b"image");
        }
    }

    #[test]
    fn fifo_stays_a_fifo() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::read(path).unwrap()
        });
        built().write(&path).unwrap();
        assert_eq!(reader.join().unwrap(), b"image");
        assert!(fs::symlink_metadata(&path).unwrap().file_type().is_fifo());
    }

    #[test]
    fn folder_is_no_place_for_an_image() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(built().write(folder.path()), Err(BuildError::Write { .. })));
    }
}
