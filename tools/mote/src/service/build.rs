//! Building a folder's service.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use mote_builder::{Built, Event, Options, Profile};

use crate::status::{Failure, OrStatus as _, Status};
use crate::terminal::build::Progress;

/// Builds the folder's service for a command that goes on with it. Warnings and errors are shown,
/// and on a terminal what is being done.
///
/// # Errors
/// It does not build.
pub(crate) fn for_running(directory: &Path) -> Result<Built, Failure> {
    let mut progress = Progress::quiet();
    build(directory, Profile::Release, &mut |event| progress.show(event))
}

/// Builds the folder's service with the compiler that this executable was built with.
///
/// # Errors
/// It does not build.
pub(crate) fn build(
    directory: &Path,
    profile: Profile,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Built, Failure> {
    let mut options = Options::new(directory, mote_dispatcher::TOOLCHAIN);
    options.profile = profile;
    options.has_colors = io::stderr().is_terminal() && console::colors_enabled_stderr();
    mote_builder::build(&options, observer)
        .or_status(Status::BuildFailed, || format!("cannot build {}", directory.display()))
}
