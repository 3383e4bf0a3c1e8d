//! Why a node does not start, and why it does not take a job.

use std::io;

use rustix::io::Errno;
use thiserror::Error;

use crate::config::ConfigError;
use crate::images::bans::Ban;
use crate::images::error::PlaceError;
use crate::job::spec::JobError;
use crate::pool::error::StartError;
use crate::pool::program::error::ProgramError;
use crate::sched::queue::QueueFull;
use crate::sys::limits::TooFewDescriptors;

/// Why a node does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeError {
    /// A field of the configuration is outside its limits.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The kernel lacks what a node needs.
    #[error(
        "this kernel is Linux {found}; a node needs Linux {needed} or newer (futex_waitv, memfd, pidfd)"
    )]
    Kernel {
        /// What uname(2) says.
        found: String,
        /// The oldest release that works.
        needed: &'static str,
    },
    /// There is no /proc.
    #[error(
        "/proc/self/fd cannot be read ({source}); a node needs /proc mounted to start its workers"
    )]
    Proc {
        /// What the kernel said.
        source: io::Error,
    },
    /// The worker program inside this executable is not what it must be.
    #[error("the worker program inside this executable is unusable: {0}")]
    Program(#[from] ProgramError),
    /// The zone could not be set up.
    #[error("the windows for images cannot be set up")]
    Zone(#[source] mote_loader::ZoneError),
    /// This process may not have as many descriptors open as the node needs.
    #[error(transparent)]
    Descriptors(#[from] TooFewDescriptors),
    /// Files may not be as long as a node's memory files.
    #[error(
        "files of this process may have {limit} bytes (ulimit -f); a node needs memory files of {needed} \
         bytes, most of which are holes: raise the limit"
    )]
    FileSize {
        /// RLIMIT_FSIZE, in bytes.
        limit: u64,
        /// What the longest file needs, in bytes.
        needed: u64,
    },
    /// A call to the kernel failed.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// A worker did not become ready.
    #[error(transparent)]
    Worker(#[from] StartError),
}

impl NodeError {
    /// For `map_err`: the kernel refused `what`.
    pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match TooFewDescriptors::from_error(what, &source) {
            Some(limit) => Self::Descriptors(limit),
            None => Self::System { what, source },
        }
    }
}

impl From<mote_loader::ZoneError> for NodeError {
    fn from(error: mote_loader::ZoneError) -> Self {
        match error {
            mote_loader::ZoneError::Kernel { errno: Errno::MFILE, .. } => {
                Self::Descriptors(TooFewDescriptors::now("open the windows for images"))
            }
            other => Self::Zone(other),
        }
    }
}

/// Why a job was not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// A limit of the job is passed.
    #[error(transparent)]
    Job(#[from] JobError),
    /// Its service is not deployed, or cannot be placed.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The service is banned.
    #[error(
        "`{name}` is banned: {ban}; deploying it again does not change that, its operator can lift the ban"
    )]
    Banned {
        /// The service.
        name: String,
        /// Why.
        ban: Ban,
    },
    /// Too many jobs wait already.
    #[error("{limit} jobs wait for a worker already; submit more when some have ended")]
    QueueFull {
        /// [`NodeConfig::queue_limit`](crate::NodeConfig::queue_limit), or
        /// [`Share::max_queued`](crate::Share::max_queued) of the tenant or service.
        limit: usize,
    },
    /// Too many jobs are on their way to the node's thread.
    #[error("{limit} jobs are on their way to the node's thread already; submit again later")]
    MailboxFull {
        /// As many as the node can hold: its queue, and the rings of its workers.
        limit: usize,
    },
    /// The node finishes what it has, and takes nothing more.
    #[error("the node is being drained; submit to another")]
    Draining,
    /// There is no node any more.
    #[error("the node has ended; whether the job ran is not known")]
    NodeGone,
    /// No worker is left.
    #[error("this node has no worker left: {why}")]
    NoWorkers {
        /// Why the first of them was given up.
        why: StartError,
    },
}

impl From<QueueFull> for SubmitError {
    fn from(QueueFull { limit }: QueueFull) -> Self {
        Self::QueueFull { limit }
    }
}
