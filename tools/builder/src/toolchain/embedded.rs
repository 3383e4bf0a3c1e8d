//! The copy of mote-service that every image is built with, whichever one its crate names: image and
//! worker agree on what crosses between them because both come from one source.

use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::error::BuildError;
use crate::toolchain::cache::Cache;

/// The sources, as this was built with.
static SOURCES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../runtime/service/src");

/// A manifest that needs no workspace.
const MANIFEST: &str = concat!(
    "[package]\nname = \"mote-service\"\nversion = \"",
    env!("CARGO_PKG_VERSION"),
    "\"\nedition = \"2024\"\n\n[workspace]\n"
);

/// The version of the embedded crate: all packages here have one version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes the embedded crate into the cache, and says where.
pub(crate) fn install(cache: &Cache) -> Result<PathBuf, BuildError> {
    let sources: Vec<_> = SOURCES.files().map(|file| (file.path(), file.contents())).collect();
    cache.entry("mote-service", &(MANIFEST, sources), write)
}

/// Writes a copy for a package that has it in its own folder, and so in its own workspace. Plain cargo
/// takes it without a registry.
///
/// # Errors
/// The kernel's; `folder` must not be there yet.
pub fn copy_service_crate(folder: &Path) -> io::Result<()> {
    let manifest = MANIFEST.replace("[workspace]\n", LINTS);
    std::fs::create_dir(folder)?;
    fill(folder, &manifest)
}

/// The switch between an image and its author's machine is no mistake.
const LINTS: &str =
    "[lints.rust]\nunexpected_cfgs = { level = \"warn\", check-cfg = [\"cfg(mote_image)\"] }\n";

fn write(folder: &Path) -> io::Result<()> {
    fill(folder, MANIFEST)
}

fn fill(folder: &Path, manifest: &str) -> io::Result<()> {
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    let sources = folder.join("src");
    std::fs::create_dir(&sources)?;
    SOURCES.extract(sources)
}
