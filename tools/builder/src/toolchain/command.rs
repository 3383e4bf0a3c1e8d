//! Programs run with an environment that cannot change what is built.
//!
//! A user's `RUSTFLAGS`, wrappers and profile variables are meant for other builds. What cargo needs
//! to reach the network and its home stays.

use std::ffi::OsStr;
use std::process::{Command, Output};

use crate::error::BuildError;
use crate::event::Event;

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
