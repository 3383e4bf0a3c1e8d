//! What every compilation of one build needs, found or made before the first.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::cache::Cache;
use super::command::Rustc;
use super::package::{self, Package};
use super::sysroot::Sysroot;
use super::toolchain::Toolchain;
use super::{BuildError, Event, Options, carried, staged};

/// The tools and materials of one build.
pub(super) struct Workshop<'a> {
    pub(super) options: &'a Options,
    pub(super) toolchain: Toolchain,
    pub(super) sysroot: Sysroot,
    /// The folder of the carried service crate.
    pub(super) carried: PathBuf,
    pub(super) package: Package,
}

impl<'a> Workshop<'a> {
    pub(super) fn open(
        options: &'a Options,
        observer: &mut dyn FnMut(Event<'_>),
    ) -> Result<Self, BuildError> {
        let manifest = package::manifest(&options.directory)?;
        let toolchain = Toolchain::find(&options.toolchain, &options.directory)?;
        let cache = Cache::open(options.cache.as_deref())?;
        let sysroot = Sysroot::restricted(&toolchain, &cache)?;
        let carried = carried::install(&cache)?;
        let manifest = staged::manifest(manifest, &carried, &cache)?;
        let package = Package::read(&manifest, &toolchain, options, observer)?;
        Ok(Self { options, toolchain, sysroot, carried, package })
    }

    /// A folder for the glue and the final crate, removed when it is dropped: two builds of one
    /// service do not meet.
    pub(super) fn scratch_folder(&self) -> Result<TempDir, BuildError> {
        let parent = &self.package.target_directory;
        tempfile::Builder::new()
            .prefix("image-")
            .tempdir_in(parent)
            .map_err(|error| BuildError::Write { path: parent.clone(), error })
    }

    /// The compiler for generated crates in `folder`.
    pub(super) fn rustc<'b>(&'b self, folder: &'b Path) -> Rustc<'b> {
        Rustc { toolchain: &self.toolchain, sysroot: &self.sysroot, folder }
    }
}
