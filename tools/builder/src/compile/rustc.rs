//! The compiler of generated crates.

use std::path::Path;
use std::process::Command;

use crate::error::BuildError;
use crate::toolchain::TARGET;
use crate::toolchain::command::clean;
use crate::toolchain::compiler::Toolchain;
use crate::toolchain::sysroot::Sysroot;

/// How generated crates are compiled: in a folder of their own, so that its path gets nowhere into
/// the image.
pub(crate) struct Rustc<'a> {
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) sysroot: &'a Sysroot,
    pub(crate) folder: &'a Path,
}

impl Rustc<'_> {
    /// The compiler with what holds for every generated crate.
    pub(crate) fn command(&self, crate_name: &str, crate_type: &str) -> Command {
        let mut rustc = clean(&self.toolchain.rustc);
        rustc
            .current_dir(self.folder)
            .args(["--edition=2024", "--target", TARGET, "--sysroot"])
            .arg(self.sysroot.path())
            .args(["--crate-name", crate_name, "--crate-type", crate_type]);
        rustc
    }

    /// Writes a source file of a generated crate.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), BuildError> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(|error| BuildError::Write { path, error })
    }
}
