//! The compiler that this was built with, and no other: an image holds the compiler's own libraries,
//! and what they expect of an unwinder changes from one version to the next.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::BuildError;
use crate::toolchain::TARGET;
use crate::toolchain::command;

/// A compiler of the right version.
#[derive(Clone, Debug)]
pub(crate) struct Toolchain {
    /// The output of `rustc --version`.
    pub(crate) version: String,
    pub(crate) rustc: PathBuf,
    pub(crate) cargo: PathBuf,
    pub(crate) sysroot: PathBuf,
}

impl Toolchain {
    /// Finds the compiler whose version is `wanted`: the one that `directory` chooses (its
    /// `rust-toolchain.toml`, rustup's default, the `PATH`), or else the one that rustup knows by
    /// that version's number.
    pub(crate) fn find(wanted: &str, directory: &Path) -> Result<Self, BuildError> {
        let release = release_of(wanted);
        let found = version(&mut rustc(directory, None))
            .map_err(|error| BuildError::NoCompiler { error, wanted: wanted.to_owned() })?;
        if found == wanted {
            return Self::at(sysroot(directory, None)?, wanted);
        }
        if version(&mut rustc(directory, Some(release))).is_ok_and(|version| version == wanted) {
            return Self::at(sysroot(directory, Some(release))?, wanted);
        }
        Err(BuildError::OtherCompiler {
            found,
            wanted: wanted.to_owned(),
            release: release.to_owned(),
        })
    }

    /// The programs of a toolchain themselves: rustup's stand-ins would choose once more.
    fn at(sysroot: PathBuf, version: &str) -> Result<Self, BuildError> {
        let program = |name: &str| {
            let path = sysroot.join("bin").join(name);
            if path.exists() { path } else { PathBuf::from(name) }
        };
        let (rustc, cargo) = (program("rustc"), program("cargo"));
        Ok(Self { version: version.to_owned(), rustc, cargo, sysroot })
    }

    /// The folder of the compiler's precompiled libraries.
    pub(crate) fn libraries(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(TARGET).join("lib")
    }

    /// The linker that comes with the compiler.
    pub(crate) fn linker(&self) -> Result<PathBuf, BuildError> {
        let file = format!("lib/rustlib/{TARGET}/bin/rust-lld");
        let linker = self.sysroot.join(&file);
        if linker.exists() {
            return Ok(linker);
        }
        Err(BuildError::IncompleteToolchain { sysroot: self.sysroot.clone(), file })
    }
}

fn rustc(directory: &Path, toolchain: Option<&str>) -> Command {
    let mut rustc = command::clean("rustc");
    rustc.current_dir(directory);
    if let Some(toolchain) = toolchain {
        rustc.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    rustc
}

fn version(rustc: &mut Command) -> io::Result<String> {
    said(rustc.arg("--version"))
}

fn sysroot(directory: &Path, toolchain: Option<&str>) -> Result<PathBuf, BuildError> {
    let mut rustc = rustc(directory, toolchain);
    said(rustc.args(["--print", "sysroot"]))
        .map(PathBuf::from)
        .map_err(|error| command::cannot_run(&rustc, error))
}

/// What a command writes, without the line end; an error if it fails.
fn said(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(stderr.trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `1.95.0` of `rustc 1.95.0 (59807616e 2026-04-14)`.
fn release_of(version: &str) -> &str {
    version.split_whitespace().nth(1).unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn release_is_the_number_alone() {
        assert_eq!(release_of("rustc 1.95.0 (59807616e 2026-04-14)"), "1.95.0");
        assert_eq!(release_of("strange"), "strange");
    }

    #[test]
    fn other_compiler_is_named_beside_the_wanted_one() {
        let error = Toolchain::find("rustc 1.0.0 (old)", Path::new("/")).unwrap_err().to_string();
        assert!(error.contains("this mote was built with rustc 1.0.0 (old)"), "{error}");
        assert!(error.starts_with("`rustc` is rustc 1."), "{error}");
    }
}
