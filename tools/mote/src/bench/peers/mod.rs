//! What one could use instead and Mote must not depend on: wasmtime, in the program `mote-peers`, which
//! is a workspace of its own, `tools/peers`.
//!
//! | module | what |
//! | --- | --- |
//! | `program` | where the program is, and building it |
//! | `wasmtime` | a worker with modules: the contender |
//! | `epochs` | stopping an endless loop, and what being able to costs |

pub(super) mod epochs;
pub(super) mod program;
pub(super) mod wasmtime;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

/// Modules that are not resident, to be loaded in turn.
const SPARE: usize = 64;

/// The program, and the modules that it compiled ahead of time.
pub(super) struct Peers {
    program: PathBuf,
    folder: TempDir,
    compiled: Cell<usize>,
}

impl Peers {
    /// This program, and no modules yet.
    pub(super) fn new(program: PathBuf) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder for modules")?;
        Ok(Self { program, folder, compiled: Cell::new(0) })
    }

    /// The program, to be told what to do.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words);
        command
    }

    /// The folder with this many modules and the spare ones, compiled unless they were before.
    fn modules(&self, count: usize) -> anyhow::Result<&Path> {
        let compiled = self.compiled.get();
        if count > compiled {
            let (first, end) = (compiled.to_string(), count.to_string());
            let mut command = self.command(&["compile"]);
            let output =
                command.arg(self.folder.path()).args([first, end, SPARE.to_string()]).output();
            let output = output.context("mote-peers cannot be started")?;
            let said = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.success(), "mote-peers cannot compile modules: {said}");
            self.compiled.set(count);
        }
        Ok(self.folder.path())
    }
}
