//! The arguments of `mote serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueHint};

/// `mote serve`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArgs {
    /// Services to deploy at the start: images, or folders that are built first. Those that were
    /// deployed before are served too.
    #[arg(value_name = "IMAGE|DIR", value_hint = ValueHint::AnyPath)]
    pub(crate) services: Vec<PathBuf>,
    /// The configuration; without it, every setting has its default.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen, instead of where the configuration says [default: 127.0.0.1:9000].
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// The folder in which functions are kept, instead of the configuration's [default:
    /// ~/.local/state/mote].
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) state: Option<PathBuf>,
    /// Write the log as JSON, an object a line.
    #[arg(long)]
    pub(crate) log_json: bool,
}
