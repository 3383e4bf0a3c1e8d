//! The programs and libraries that the other contenders are: their sources are carried inside, and
//! the compiler that builds images builds them, into the user's cache.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::status::{Failure, OrStatus as _, Status};

/// One of them.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Program {
    name: &'static str,
    source: &'static str,
    flags: &'static [&'static str],
}

/// A process without a C library: the fastest that a process can be.
pub(super) const PROCESS: Program = Program {
    name: "process",
    source: include_str!("programs/process.rs"),
    flags: &[
        "-Cpanic=abort",
        "-Crelocation-model=static",
        "-Clink-arg=-nostartfiles",
        "-Clink-arg=-nostdlib",
        "-Clink-arg=-static",
        "-Clink-arg=-no-pie",
    ],
};

/// A shared library with the standard library, as the paper's are.
pub(super) const LIBRARY_STD: Program = Program {
    name: "library_std",
    source: include_str!("programs/library_std.rs"),
    flags: &["--crate-type=cdylib"],
};

/// A shared library with nothing but the service.
pub(super) const LIBRARY_LEAN: Program = Program {
    name: "library_lean",
    source: include_str!("programs/library_lean.rs"),
    flags: &[
        "--crate-type=cdylib",
        "-Cpanic=abort",
        "-Clink-arg=-nostartfiles",
        "-Clink-arg=-nostdlib",
    ],
};

impl Program {
    /// Where it is, built unless it was before.
    pub(super) fn built(&self) -> Result<PathBuf, Failure> {
        let folder = mote_builder::user_cache()
            .ok_or(mote_builder::BuildError::NoCache)
            .or_status(Status::Failed, || "the other contenders have no place")?
            .join("mote");
        let path = folder.join(format!("{}-{:016x}", self.name, self.hash()));
        if !path.exists() {
            fs::create_dir_all(&folder).context("cannot make the cache's folder")?;
            self.build(&folder, &path)?;
        }
        Ok(path)
    }

    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self, mote_dispatcher::TOOLCHAIN).hash(&mut hasher);
        hasher.finish()
    }

    /// Builds it aside, and puts it into place when it is whole.
    fn build(&self, folder: &Path, path: &Path) -> Result<(), Failure> {
        let aside = tempfile::tempdir_in(folder).context("cannot write into the cache")?;
        let source = aside.path().join(format!("{}.rs", self.name));
        fs::write(&source, self.source).context("cannot write into the cache")?;
        let made = aside.path().join(self.name);
        let mut rustc = mote_builder::compiler(folder, mote_dispatcher::TOOLCHAIN)
            .or_status(Status::BuildFailed, || "the other contenders need a compiler")?;
        rustc.args(["--edition=2024", "-Copt-level=3", "-Cstrip=symbols"]).args(self.flags);
        let output = rustc.arg("-o").arg(&made).arg(&source).output();
        let output = output.context("cannot run the compiler")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Failure {
                status: Status::BuildFailed,
                error: anyhow!(said).context(format!("the contender {} does not build", self.name)),
            });
        }
        Ok(fs::rename(&made, path).context("cannot write into the cache")?)
    }
}
