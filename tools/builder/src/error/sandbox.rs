//! Why a compiler could not be run, or was stopped.

use std::io;
use std::path::PathBuf;

/// What a sandbox refuses or could not do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The kernel offers none of its layers.
    #[error(
        "there is no sandbox for the compiler here: neither user namespaces nor Landlock; allow unprivileged \
         user namespaces (sysctl user.max_user_namespaces) or use a kernel with landlock in its lsm= list; \
         --no-sandbox builds without, which is for your own sources only"
    )]
    Unavailable,
    /// A program could not be started inside.
    #[error("cannot run {} in the sandbox: {error}", program.display())]
    Start {
        /// The program, as seen from inside.
        program: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The build reached a limit.
    #[error("the build was stopped: {0}")]
    Limit(Limit),
}

/// A limit that a build reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// Of time.
    #[error(
        "it took longer than {0} s (--build-seconds); constants that are long to evaluate and types that nest deeply do"
    )]
    Seconds(u64),
    /// Of memory.
    #[error("a compiler wanted more than {0} MiB of memory (--build-memory-mib)")]
    MemoryMib(u64),
    /// Of output.
    #[error("it wrote more than {0} MiB of messages")]
    Output(u64),
}
