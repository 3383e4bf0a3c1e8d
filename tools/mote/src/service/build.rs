//! Building a folder's service.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use mote_builder::{Built, Event, Options};

use crate::service::policy;
use crate::status::{Failure, OrStatus as _, Status};
use crate::terminal::build::Progress;

/// Builds the folder's service for a command that goes on with it. Warnings and errors are shown,
/// and on a terminal what is being done.
///
/// # Errors
/// It does not build.
pub(crate) fn for_running(directory: &Path) -> Result<Built, Failure> {
    let mut progress = Progress::quiet();
    let policy = policy::of_environment()?;
    let options = Options { policy, ..Options::new(directory, mote_dispatcher::TOOLCHAIN) };
    build(options, &mut |event| progress.show(event))
}

/// Builds a service.
///
/// # Errors
/// It does not build.
pub(crate) fn build(
    mut options: Options,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Built, Failure> {
    options.has_colors = io::stderr().is_terminal() && console::colors_enabled_stderr();
    let cannot = || format!("cannot build {}", options.directory.display());
    mote_builder::build(&options, observer).or_status(Status::BuildFailed, cannot)
}
