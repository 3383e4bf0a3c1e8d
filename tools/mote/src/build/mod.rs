//! `mote build`: from a service's folder to an image.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use mote_bench::format::units::human_bytes;
use mote_builder::Profile;

use crate::service::build::build;
use crate::status::{Failure, OrStatus as _, Status};
use crate::terminal::build::Progress;
use crate::terminal::output;

/// `mote build`.
#[derive(Clone, Debug, Args)]
pub(crate) struct BuildArgs {
    /// The service's folder: a Cargo package whose library has `pub fn handle`.
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) directory: PathBuf,
    /// Where to write the image; `-` is stdout [default: the package's name with `.image`, in this
    /// folder].
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Compile without optimisation and with debug assertions, as `cargo build` does by default.
    #[arg(long)]
    pub(crate) debug: bool,
}

/// Builds the folder's service and writes its image.
///
/// # Errors
/// It does not build, or the image cannot be written.
pub(crate) fn execute(args: &BuildArgs) -> Result<Status, Failure> {
    let profile = if args.debug { Profile::Debug } else { Profile::Release };
    let mut progress = Progress::lines();
    let built = build(&args.directory, profile, &mut |event| progress.show(event))?;
    drop(progress);
    if args.output.as_deref() == Some(Path::new("-")) {
        output::write_all(&built.image)?;
        return Ok(Status::Done);
    }
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from(built.file_name()));
    built.write(&path).or_status(Status::Failed, || "the image is built but not written")?;
    eprintln!("{}: {}", path.display(), human_bytes(built.image.len() as u64));
    Ok(Status::Done)
}
