//! Programs run with an environment that cannot change what is built.
//!
//! A user's `RUSTFLAGS`, wrappers and profile variables are meant for other builds. What cargo needs
//! to reach the network and its home stays.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use crate::sysroot::Sysroot;
use crate::toolchain::Toolchain;
use crate::{BuildError, Event, TARGET};

/// Of all variables that begin with `CARGO`, the ones that stay.
const KEPT: &[&str] =
    &["CARGO_HOME", "CARGO_HTTP", "CARGO_NET", "CARGO_REGISTR", "CARGO_TARGET_DIR", "CARGO_TERM"];

/// A command without the variables that would change what a compiler makes.
pub(crate) fn clean(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_kept = KEPT.iter().any(|kept| text.starts_with(kept));
        let is_rust_s = text.starts_with("CARGO") || text.starts_with("RUSTC");
        if (is_rust_s && !is_kept) || text == "RUSTFLAGS" || text == "RUSTDOCFLAGS" {
            command.env_remove(&name);
        }
    }
    command
}

/// The command line of `command`, for people.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs `command` to its end and collects what it says.
pub(crate) fn run(
    mut command: Command,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Output, BuildError> {
    observer(Event::Command(&line(&command)));
    command.output().map_err(|error| cannot_run(&command, error))
}

pub(crate) fn cannot_run(command: &Command, error: std::io::Error) -> BuildError {
    BuildError::Run { program: command.get_program().into(), error }
}

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
