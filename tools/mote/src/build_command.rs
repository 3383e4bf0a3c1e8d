//! `mote build`, and building a folder for the commands that run it.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use crate::cli::args::BuildArgs;
use crate::progress::Progress;
use crate::report::time::human_bytes;
use crate::status::{Failure, OrStatus as _, Status};
use mote_builder::{Built, Event, Options, Profile};

/// Builds the folder's service and writes its image.
///
/// # Errors
/// It does not build, or the image cannot be written.
pub fn execute(args: &BuildArgs) -> Result<Status, Failure> {
    let profile = if args.debug { Profile::Debug } else { Profile::Release };
    let mut progress = Progress::lines();
    let built = build(&args.directory, profile, &mut |event| progress.show(event))?;
    drop(progress);
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from(built.file_name()));
    built.write(&path).or_status(Status::Failed, || "the image is built but not written")?;
    eprintln!("{}: {}", path.display(), human_bytes(built.image.len() as u64));
    Ok(Status::Done)
}

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
