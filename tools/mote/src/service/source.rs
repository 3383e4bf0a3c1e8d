//! What `mote run` and `mote inspect` are given: an image, or a folder that is built first.

use std::fs;
use std::path::Path;

use anyhow::anyhow;
use mote_abi::windows::WINDOW_BYTES;

use crate::service::build;
use crate::status::{Failure, OrStatus as _, Status};

/// An image's bytes, and the service's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The package's name, or the file's without its extension.
    pub(crate) name: String,
    /// The bytes, unchecked.
    pub(crate) bytes: Vec<u8>,
}

/// The image at `path`, or the one that the folder at `path` builds.
///
/// # Errors
/// There is nothing, it does not build, or it cannot be an image for its size.
pub(crate) fn load(path: &Path) -> Result<Source, Failure> {
    if !path.is_dir() {
        return Ok(Source { name: name(path), bytes: read(path)? });
    }
    let built = build::for_running(path)?;
    Ok(Source { name: built.package, bytes: built.image })
}

/// All bytes of the file at `path`.
///
/// # Errors
/// It cannot be read, is no regular file, or is longer than a window.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if fs::exists(path).is_ok_and(|is_there| !is_there) {
        let error = anyhow!("name a service's folder, or an image that `mote build` made");
        return Err(error).or_status(Status::Usage, || format!("there is no {}", path.display()));
    }
    let cannot = || format!("cannot read the image {}", path.display());
    let metadata = fs::metadata(path).or_status(Status::Usage, cannot)?;
    if !metadata.is_file() {
        return Err(anyhow!("it is not a regular file")).or_status(Status::Usage, cannot);
    }
    if metadata.len() > WINDOW_BYTES {
        let error = anyhow!("it has {} bytes; a window holds {WINDOW_BYTES}", metadata.len());
        return Err(error).or_status(Status::BadImage, cannot);
    }
    fs::read(path).or_status(Status::Usage, cannot)
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_the_files_without_its_extension() {
        assert_eq!(name(Path::new("a/hello.image")), "hello");
        assert_eq!(name(Path::new("hello")), "hello");
    }

    #[test]
    fn device_is_not_read() {
        let failure = read(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(failure.status, Status::Usage);
    }

    #[test]
    fn file_longer_than_a_window_is_a_bad_image() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(WINDOW_BYTES + 1).unwrap();
        assert_eq!(read(file.path()).unwrap_err().status, Status::BadImage);
    }
}
