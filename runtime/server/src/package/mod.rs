//! What clients submit: an image, a source tree, or an archive that holds either.

mod archive;

use std::io;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

pub use archive::ArchiveError;

/// Makes images of source trees. A build takes seconds, and runs on a thread of its own.
pub trait ImageBuilder: Send + Sync {
    /// The image of the service whose package is in `folder`.
    ///
    /// # Errors
    /// It does not build.
    fn build(&self, folder: &Path) -> Result<Vec<u8>, BuildRefused>;
}

/// Why there is no image.
#[derive(Debug, Error)]
#[error("the source does not build: {said}")]
pub struct BuildRefused {
    /// What the builder and the compiler said.
    pub said: String,
}

/// Why a package is none.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackageError {
    /// The archive is not one that is taken.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The source in it does not build.
    #[error(transparent)]
    Build(#[from] BuildRefused),
    /// There is no room to unpack it.
    #[error("the archive cannot be unpacked: {0}")]
    Folder(#[from] io::Error),
}

/// Makes images of packages, one at a time.
#[derive(Clone)]
pub(crate) struct Packager {
    builder: Arc<dyn ImageBuilder>,
    one_at_a_time: Arc<Semaphore>,
}

impl Packager {
    pub(crate) fn new(builder: Arc<dyn ImageBuilder>) -> Self {
        Self { builder, one_at_a_time: Arc::new(Semaphore::new(1)) }
    }

    /// The image in a package, or the one that its source builds.
    pub(crate) async fn image(&self, package: Vec<u8>) -> Result<Vec<u8>, PackageError> {
        if package.starts_with(archive::ELF) {
            return Ok(package);
        }
        let _turn = self.one_at_a_time.acquire().await;
        let builder = Arc::clone(&self.builder);
        let made = spawn_blocking(move || unpacked(&package, &*builder)).await;
        made.expect("unpacking and building do not panic, and are not aborted")
    }
}

impl std::fmt::Debug for Packager {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packager").finish_non_exhaustive()
    }
}

fn unpacked(package: &[u8], builder: &dyn ImageBuilder) -> Result<Vec<u8>, PackageError> {
    let folder = tempfile::tempdir()?;
    match archive::unpack(package, folder.path())? {
        archive::Content::Image(image) => Ok(image),
        archive::Content::Source(folder) => Ok(builder.build(&folder)?),
    }
}
