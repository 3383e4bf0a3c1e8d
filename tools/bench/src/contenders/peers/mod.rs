//! What one could use instead and Mote must not depend on: wasmtime, in the program `mote-peers`, which
//! is a workspace of its own, `tools/peers`.
//!
//! | module | what |
//! | --- | --- |
//! | `program` | where the program is, and building it |
//! | `wasmtime` | a worker with modules: the contender |
//!
pub(crate) mod program;
pub(crate) mod wasmtime;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::error::Error;

/// Modules that are not resident, to be loaded in turn.
const SPARE: usize = 64;

/// The program, and the modules that it compiled ahead of time.
pub(crate) struct Peers {
    program: PathBuf,
    folder: TempDir,
    compiled: Cell<usize>,
}

impl Peers {
    /// This program, and no modules yet.
    pub(crate) fn new(program: PathBuf) -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(Error::Temporary)?;
        Ok(Self { program, folder, compiled: Cell::new(0) })
    }

    /// The program, to be told what to do.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words);
        command
    }

    /// The folder with this many modules and the spare ones, compiled unless they were before.
    fn modules(&self, count: usize) -> Result<&Path, Error> {
        let compiled = self.compiled.get();
        if count > compiled {
            let (first, end) = (compiled.to_string(), count.to_string());
            let mut command = self.command(&["compile"]);
            let output =
                command.arg(self.folder.path()).args([first, end, SPARE.to_string()]).output();
            let output = output.map_err(Error::run("mote-peers"))?;
            if !output.status.success() {
                let output = String::from_utf8_lossy(&output.stderr).into_owned();
                return Err(Error::PeersCompile { output });
            }
            self.compiled.set(count);
        }
        Ok(self.folder.path())
    }
}
