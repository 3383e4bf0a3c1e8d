//! What every compilation of one build needs, found or made before the first.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::compile::rustc::Rustc;
use crate::error::BuildError;
use crate::event::Event;
use crate::intake::package::{self, Package};
use crate::intake::staging;
use crate::options::Options;
use crate::toolchain::cache::Cache;
use crate::toolchain::compiler::Toolchain;
use crate::toolchain::embedded;
use crate::toolchain::sysroot::Sysroot;

/// The tools and materials of one build.
pub(crate) struct BuildContext<'a> {
    pub(crate) options: &'a Options,
    pub(crate) toolchain: Toolchain,
    pub(crate) sysroot: Sysroot,
    /// The folder of the embedded service crate.
    pub(crate) embedded: PathBuf,
    pub(crate) package: Package,
}

impl<'a> BuildContext<'a> {
    pub(crate) fn open(
        options: &'a Options,
        observer: &mut dyn FnMut(Event<'_>),
    ) -> Result<Self, BuildError> {
        let manifest = package::manifest(&options.directory)?;
        let toolchain = Toolchain::find(&options.toolchain, &options.directory)?;
        let cache = Cache::open(options.cache.as_deref())?;
        let sysroot = Sysroot::restricted(&toolchain, &cache)?;
        let embedded = embedded::install(&cache)?;
        let manifest = staging::manifest(manifest, &embedded, &cache)?;
        let package = Package::read(&manifest, &toolchain, options, observer)?;
        Ok(Self { options, toolchain, sysroot, embedded, package })
    }

    /// A folder for the glue and the final crate, removed when it is dropped: two builds of one
    /// service do not meet.
    pub(crate) fn scratch_folder(&self) -> Result<TempDir, BuildError> {
        let parent = &self.package.target_directory;
        tempfile::Builder::new()
            .prefix("image-")
            .tempdir_in(parent)
            .map_err(|error| BuildError::Write { path: parent.clone(), error })
    }

    /// The compiler for generated crates in `folder`.
    pub(crate) fn rustc<'b>(&'b self, folder: &'b Path) -> Rustc<'b> {
        Rustc { toolchain: &self.toolchain, sysroot: &self.sysroot, folder }
    }
}
