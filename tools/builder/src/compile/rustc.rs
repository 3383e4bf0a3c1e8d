//! The compiler of generated crates, in a folder of its own.

use std::path::PathBuf;
use std::process::Command;

use crate::compile::context::BuildContext;
use crate::error::BuildError;
use crate::event::Event;
use crate::sandbox::{Deadline, Finished};
use crate::toolchain::TARGET;

/// Compiles generated crates of one build.
pub(crate) struct Rustc<'a> {
    pub(crate) context: &'a BuildContext<'a>,
    folder: PathBuf,
    deadline: Deadline,
}

impl<'a> Rustc<'a> {
    pub(crate) fn new(context: &'a BuildContext<'a>, deadline: Deadline) -> Self {
        Self { context, deadline, folder: context.intake.stage.path("work/image") }
    }

    /// The compiler with what holds for every generated crate.
    pub(crate) fn command(&self, crate_name: &str, crate_type: &str) -> Command {
        let sandbox = &self.context.sandbox;
        let mut rustc = sandbox.command(&self.context.toolchain.rustc, &self.folder);
        rustc
            .args(["--edition=2024", "--target", TARGET, "--sysroot"])
            .arg(sandbox.path(&self.context.intake.stage.path("sysroot")))
            .args(["--crate-name", crate_name, "--crate-type", crate_type])
            .env("TMPDIR", sandbox.path(&self.context.intake.stage.path("work/tmp")));
        rustc
    }

    /// Runs such a command.
    pub(crate) fn run(
        &self,
        command: Command,
        observer: &mut dyn FnMut(Event<'_>),
    ) -> Result<Finished, BuildError> {
        self.context.sandbox.run(command, self.deadline, observer, &mut |_, _| {})
    }

    /// Writes a source file of a generated crate.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<(), BuildError> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(|error| BuildError::Write { path, error })
    }

    /// Reads what was compiled.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, BuildError> {
        let path = self.folder.join(name);
        std::fs::read(&path).map_err(|error| BuildError::Read { path, error })
    }
}
