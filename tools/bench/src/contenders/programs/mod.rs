//! The programs and libraries that the other contenders are: their sources are carried inside, and
//! the compiler that builds images builds them, into the user's cache.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// One of them.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Program {
    name: &'static str,
    source: &'static str,
    flags: &'static [&'static str],
}

/// A process without a C library: the fastest that a process can be.
pub(crate) const PROCESS: Program = Program {
    name: "process",
    source: include_str!("process.rs"),
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
pub(crate) const LIBRARY_STD: Program = Program {
    name: "library_std",
    source: include_str!("library_std.rs"),
    flags: &["--crate-type=cdylib"],
};

/// A shared library with nothing but the service.
pub(crate) const LIBRARY_LEAN: Program = Program {
    name: "library_lean",
    source: include_str!("library_lean.rs"),
    flags: &[
        "--crate-type=cdylib",
        "-Cpanic=abort",
        "-Clink-arg=-nostartfiles",
        "-Clink-arg=-nostdlib",
    ],
};

impl Program {
    /// Where it is, built unless it was before.
    pub(crate) fn built(&self) -> Result<PathBuf, Error> {
        let folder = mote_builder::user_cache()
            .ok_or(Error::NoCache(mote_builder::BuildError::NoCache))?
            .join("mote");
        let path = folder.join(format!("{}-{:016x}", self.name, self.hash()));
        if !path.exists() {
            fs::create_dir_all(&folder).map_err(cache(&folder))?;
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
    fn build(&self, folder: &Path, path: &Path) -> Result<(), Error> {
        let aside = tempfile::tempdir_in(folder).map_err(cache(folder))?;
        let source = aside.path().join(format!("{}.rs", self.name));
        fs::write(&source, self.source).map_err(cache(&source))?;
        let made = aside.path().join(self.name);
        let mut rustc = mote_builder::compiler(folder, mote_dispatcher::TOOLCHAIN)
            .map_err(Error::NoCompiler)?;
        rustc.args(["--edition=2024", "-Copt-level=3", "-Cstrip=symbols"]).args(self.flags);
        let output = rustc.arg("-o").arg(&made).arg(&source).output();
        let output = output.map_err(Error::run("the compiler"))?;
        if !output.status.success() {
            let output = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Error::Compile { name: self.name, output });
        }
        fs::rename(&made, path).map_err(cache(path))
    }
}

fn cache(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Cache { path: path.to_owned(), source }
}
