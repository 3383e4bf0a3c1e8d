//! Why a worker does not start, and why one is gone.

use std::io;
use std::sync::Arc;

use thiserror::Error;

use crate::pool::process::Death;
use crate::pool::report::ProtocolViolation;
use crate::pool::start::{LastWords, Progress, START_LIMIT_S};
use crate::pool::watchdog::reason::Reason;
use crate::sys::limits::TooFewDescriptors;

/// Why a worker did not start.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no process.
    #[error("cannot start a worker process: {0}")]
    Spawn(Arc<io::Error>),
    /// There is no process, because this one may not have as many descriptors open.
    #[error(transparent)]
    Descriptors(#[from] TooFewDescriptors),
    /// There was a process, but it did not become ready.
    #[error("worker {worker} (process {pid}) did not start: {progress} when {exit}")]
    NotReady {
        /// Its number in the node, from 0.
        worker: usize,
        /// Its process.
        pid: u32,
        /// How far it came.
        progress: Progress,
        /// What ended it.
        exit: ExitReason,
    },
}

impl StartError {
    /// The kernel refused to start the process.
    pub(crate) fn spawn(source: io::Error) -> Self {
        match TooFewDescriptors::from_error("start a worker process", &source) {
            Some(limit) => Self::Descriptors(limit),
            None => Self::Spawn(Arc::new(source)),
        }
    }
}

/// What ended a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(transparent)]
pub struct ExitReason(#[from] Cause);

impl ExitReason {
    /// Whether what it ran may have caused it. Nothing in a worker can send SIGKILL, or keep it from its processor.
    pub(crate) fn is_suspicious(self) -> bool {
        let Self(cause) = self;
        let is_killed = matches!(cause, Cause::Died { death: Death::Killed(libc::SIGKILL), .. });
        !is_killed && cause != Cause::GivenUp(Reason::Stalled)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Cause {
    /// It said what cannot be, and was killed.
    #[error("it was not believed: {0}")]
    NotBelieved(#[from] ProtocolViolation),
    /// It did not answer, and was killed.
    #[error(transparent)]
    GivenUp(#[from] Reason),
    /// It took too long to start, and was killed.
    #[error("it was given up after {START_LIMIT_S} s")]
    SlowStart,
    /// It died without being killed by this node.
    #[error("{death}{last_words}")]
    Died { death: Death, last_words: LastWords },
}

/// Why an invocation was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("worker process {pid} was lost: {exit}")]
pub(crate) struct Lost {
    pub(crate) pid: u32,
    pub(crate) exit: ExitReason,
}
