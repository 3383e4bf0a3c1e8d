//! The compiler that this was built with, and no other: an image holds the compiler's own libraries,
//! and what they expect of an unwinder changes from one version to the next.

use std::io;
use std::path::PathBuf;
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
    /// Finds the compiler whose version is `wanted`: the one that rustup has under that version's number,
    /// or the one in the `PATH`. Nothing is asked in a user's folder, where a file could choose another.
    pub(crate) fn find(wanted: &str) -> Result<Self, BuildError> {
        let release = release_of(wanted);
        let installed =
            rustup_home().map(|home| home.join("toolchains").join(format!("{release}-{TARGET}")));
        if let Some(sysroot) = installed
            && version(&mut command::clean(sysroot.join("bin/rustc")))
                .is_ok_and(|found| found == wanted)
        {
            return Self::at(sysroot, wanted);
        }
        let mut rustc = command::clean("rustc");
        rustc.current_dir("/");
        let found = version(&mut rustc)
            .map_err(|error| BuildError::NoCompiler { error, wanted: wanted.to_owned() })?;
        if found == wanted {
            return Self::at(sysroot()?, wanted);
        }
        Err(BuildError::OtherCompiler {
            found,
            wanted: wanted.to_owned(),
            release: release.to_owned(),
        })
    }

    /// The programs of a toolchain themselves: rustup's stand-ins would choose once more.
    fn at(sysroot: PathBuf, version: &str) -> Result<Self, BuildError> {
        // Rustup's folder may be a link to another.
        let sysroot = sysroot
            .canonicalize()
            .map_err(|error| BuildError::Read { path: sysroot.clone(), error })?;
        let program = |name: &str| {
            let file = format!("bin/{name}");
            let path = sysroot.join(&file);
            let sysroot = sysroot.clone();
            if path.exists() {
                Ok(path)
            } else {
                Err(BuildError::IncompleteToolchain { sysroot, file })
            }
        };
        let (rustc, cargo) = (program("rustc")?, program("cargo")?);
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

/// Where rustup keeps toolchains.
fn rustup_home() -> Option<PathBuf> {
    let path = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    path("RUSTUP_HOME").or_else(|| path("HOME").map(|home| home.join(".rustup")))
}

fn version(rustc: &mut Command) -> io::Result<String> {
    said(rustc.arg("--version"))
}

fn sysroot() -> Result<PathBuf, BuildError> {
    let mut rustc = command::clean("rustc");
    rustc.current_dir("/");
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
        let error = Toolchain::find("rustc 1.0.0 (old)").unwrap_err().to_string();
        assert!(error.contains("this mote was built with rustc 1.0.0 (old)"), "{error}");
        assert!(error.starts_with("`rustc` is rustc 1."), "{error}");
    }
}
