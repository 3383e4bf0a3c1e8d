//! `mote build`: from a service's folder to an image.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use mote_bench::format::units::human_bytes;
use mote_builder::{Limits, Options, Profile};

use crate::service::build::build;
use crate::service::policy;
use crate::service::trust;
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
    /// Use no package that Cargo.lock does not have.
    #[arg(long)]
    pub(crate) locked: bool,
    /// Do not use the network.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Stop when the service alone takes longer to compile, in seconds.
    #[arg(long, value_name = "N", default_value_t = Limits::default().seconds)]
    pub(crate) build_seconds: u64,
    /// Stop a compiler that wants more memory, in MiB.
    #[arg(long, value_name = "N", default_value_t = Limits::default().memory_mib)]
    pub(crate) build_memory_mib: u64,
    /// The policy that says which crates and folders are vetted, instead of the one that `mote policy`
    /// prints.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "MOTE_POLICY")]
    pub(crate) policy: Option<PathBuf>,
    /// Sign the image with this key (`mote keys new NAME`).
    #[arg(long, value_name = "NAME")]
    pub(crate) key: Option<String>,
    /// Run the compiler without a sandbox: for sources of your own only.
    #[arg(long)]
    pub(crate) no_sandbox: bool,
}

impl BuildArgs {
    fn options(&self) -> Result<Options, Failure> {
        Ok(Options {
            profile: if self.debug { Profile::Debug } else { Profile::Release },
            is_locked: self.locked,
            is_offline: self.offline,
            has_sandbox: !self.no_sandbox,
            limits: Limits { seconds: self.build_seconds, memory_mib: self.build_memory_mib },
            policy: policy::read(self.policy.as_deref())?,
            key: self.key.as_deref().map(trust::own).transpose()?,
            ..Options::new(&self.directory, mote_dispatcher::TOOLCHAIN)
        })
    }
}

/// Builds the folder's service and writes its image.
///
/// # Errors
/// It does not build, or the image cannot be written.
pub(crate) fn execute(args: &BuildArgs) -> Result<Status, Failure> {
    let mut progress = Progress::lines();
    let built = build(args.options()?, &mut |event| progress.show(event))?;
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
