//! What can go wrong, by who can recover: starting a node, deploying, placing, submitting.

use std::io;

use mote_abi::imports::Import;
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use thiserror::Error;

/// Why a node does not start, or lost a worker for good.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeError {
    /// A field of the configuration is outside its limits.
    #[error("NodeConfig::{field} is {found}; it must be from {least} to {most}")]
    Config {
        /// The field.
        field: &'static str,
        /// Its value.
        found: usize,
        /// The least value allowed.
        least: usize,
        /// The greatest value allowed.
        most: usize,
    },
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
    #[error(
        "cannot {what}: this process may have {limit} descriptors open (ulimit -n), which are too few; \
         raise the limit, or configure fewer workers"
    )]
    Descriptors {
        /// What was tried.
        what: &'static str,
        /// RLIMIT_NOFILE.
        limit: u64,
    },
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
    #[error("worker {worker} (process {pid}) did not start: {why}")]
    WorkerStart {
        /// Its number in the node, from 0.
        worker: usize,
        /// Its process.
        pid: u32,
        /// How far it came, and what ended it.
        why: String,
    },
}

impl NodeError {
    /// For `map_err`: the kernel refused `what`.
    pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.raw_os_error() {
            Some(libc::EMFILE) => Self::descriptors(what),
            _ => Self::System { what, source },
        }
    }

    fn descriptors(what: &'static str) -> Self {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Self::Descriptors { what, limit }
    }
}

impl From<mote_loader::ZoneError> for NodeError {
    fn from(error: mote_loader::ZoneError) -> Self {
        match error {
            mote_loader::ZoneError::Kernel { errno: Errno::MFILE, .. } => {
                Self::descriptors("open the windows for images")
            }
            other => Self::Zone(other),
        }
    }
}

/// What is wrong with the carried worker program.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// It is not a complete ELF file.
    #[error("it is not a readable ELF file: {0}")]
    Elf(#[from] elf::ParseError),
    /// It has no symbol table.
    #[error("it has no symbol table (.symtab); was it stripped?")]
    NoSymbols,
    /// A symbol that services are bound to is missing.
    #[error("it defines no symbol for the import `{}`", .0.name())]
    NoImport(Import),
}

/// Why an image was not accepted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeployError {
    /// It is not an image, or not one that may run here.
    #[error("`{name}` is refused: {source}")]
    Refused {
        /// The name that it was deployed under.
        name: String,
        /// What the loader found.
        source: mote_loader::VerifyError,
    },
}

/// Why a service was not placed or not evicted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// This node has no such service.
    #[error("service {number} was not deployed on this node, which has {deployed}")]
    UnknownService {
        /// The number inside the identifier.
        number: u32,
        /// How many services this node has.
        deployed: usize,
    },
    /// The zone has no room.
    #[error(
        "`{name}` needs {bytes} bytes in each window and cannot be placed: {source}; evict another"
    )]
    Zone {
        /// The service.
        name: String,
        /// What it needs.
        bytes: u32,
        /// What the loader found.
        source: mote_loader::PlaceError,
    },
    /// Invocations of it are outstanding.
    #[error("`{name}` has {outstanding} outstanding invocations; evict it when they have ended")]
    Busy {
        /// The service.
        name: String,
        /// Its jobs that wait or run.
        outstanding: usize,
    },
}

/// Why a job was not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// Its service is not deployed, or cannot be placed.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The body is too long.
    #[error("the request's body has {bytes} bytes; the limit is {limit}")]
    BodyTooLong {
        /// Its length.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The budget is 0.
    #[error("the budget is 0 µs; it must be at least 1 µs")]
    NoBudget,
    /// The arena would be larger than this node's workers have.
    #[error("the job asks for {kib} KiB of memory; this node's workers have {limit_kib} KiB")]
    MemoryTooLarge {
        /// What it asks for, in KiB.
        kib: u32,
        /// [`NodeConfig::arena_kib`](crate::NodeConfig::arena_kib).
        limit_kib: u32,
    },
    /// The service is banned.
    #[error(
        "`{name}` is banned: it did not yield at its soft deadline {times} times; deploy it again to \
         lift the ban"
    )]
    Banned {
        /// The service.
        name: String,
        /// [`ServiceStatistics::unyielding`](crate::ServiceStatistics::unyielding).
        times: u32,
    },
    /// Too many jobs wait already.
    #[error("{limit} jobs wait for a worker already; take completions before submitting more")]
    QueueFull {
        /// [`NodeConfig::queue_limit`](crate::NodeConfig::queue_limit).
        limit: usize,
    },
    /// No worker is left.
    #[error("this node has no worker left: {why}")]
    NoWorkers {
        /// Why the last one was given up.
        why: String,
    },
}
