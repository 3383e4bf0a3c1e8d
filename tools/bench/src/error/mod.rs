//! Why something could not be measured, shown or swept.

mod no_peers;

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use mote_abi::outcome::Outcome;
use mote_builder::BuildError;
use mote_dispatcher::torture::SweepError;
use mote_dispatcher::{DeployError, NodeError, PlaceError, SubmitError};

pub use no_peers::NoPeers;

/// What went wrong, by cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no folder to keep images and programs in.
    #[error("there is no place for what is built once and kept")]
    NoCache(#[source] BuildError),
    /// The cache cannot be read or written.
    #[error("cannot write below {}", path.display())]
    Cache {
        /// A folder of the cache, or a file in it.
        path: PathBuf,
        /// The kernel's reason.
        source: io::Error,
    },
    /// A service on board does not build.
    #[error("cannot build {}", directory.display())]
    Build {
        /// Where its source is unpacked.
        directory: PathBuf,
        /// The builder's reason.
        source: BuildError,
    },
    /// An image that was built is not kept.
    #[error("cannot keep a built image")]
    Keep(#[source] BuildError),
    /// There is no compiler for the programs to compare with.
    #[error("the programs to compare with need a compiler")]
    NoCompiler(#[source] BuildError),
    /// The compiler refuses a program to compare with.
    #[error("the program {name} does not build:\n{output}")]
    Compile {
        /// The program.
        name: &'static str,
        /// What the compiler printed.
        output: String,
    },
    /// The executable carries no such service.
    #[error("no service on board is called {name}")]
    NoService {
        /// The name.
        name: String,
    },
    /// The path of this executable is not to be had.
    #[error("cannot tell which program this is")]
    ThisProgram(#[source] io::Error),
    /// The process with the node that is under fire does not start, or cannot be spoken to.
    #[error("the node's process cannot be reached")]
    ChaosNode(#[source] io::Error),
    /// It ended as it must not.
    #[error("the node's process ended with {status}; seed {seed}")]
    ChaosNodeEnded {
        /// How.
        status: ExitStatus,
        /// Of which run.
        seed: u64,
    },
    /// It does not take a service.
    #[error("the node does not take service number {service}")]
    ChaosService {
        /// Its number.
        service: usize,
    },
    /// A temporary file or folder cannot be made, read or written.
    #[error("cannot use a temporary file or folder")]
    Temporary(#[source] io::Error),
    /// A file of /proc cannot be read.
    #[error("cannot read {path}")]
    Proc {
        /// The file.
        path: String,
        /// The kernel's reason.
        source: io::Error,
    },
    /// A file of /proc lacks a line that every kernel since 4.14 writes.
    #[error("{path} has no {field}")]
    ProcField {
        /// The file.
        path: String,
        /// What its line begins with.
        field: &'static str,
    },
    /// The processors of this thread are not to be had.
    #[error("cannot tell this thread's processors")]
    Processors(#[source] io::Error),
    /// One processor is not enough.
    #[error(
        "mote bench needs two processors: one for who asks, one for who answers; this process may use \
         one"
    )]
    SingleProcessor,
    /// A floor of the machine has no samples.
    #[error("{floor} could not be measured")]
    NoFloor {
        /// Which.
        floor: &'static str,
    },
    /// Memory cannot be shared with another process.
    #[error("cannot share memory with another process")]
    SharedMemory(#[source] io::Error),
    /// A datagram cannot be sent.
    #[error("cannot send a datagram on the loopback")]
    Datagram(#[source] io::Error),
    /// A process to compare with does not start, or cannot be waited for.
    #[error("cannot run {program}")]
    Run {
        /// The program or its command.
        program: String,
        /// The kernel's reason.
        source: io::Error,
    },
    /// A process to compare with ended otherwise than it must.
    #[error("{program} ended with {status}")]
    Ended {
        /// The program or its command.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// A process to compare with is silent.
    #[error("{program} does not answer: {last_words}")]
    Silent {
        /// The program.
        program: &'static str,
        /// The last line that it wrote on its standard error.
        last_words: String,
    },
    /// A process to compare with printed something else than its numbers.
    #[error("{program} does not print the numbers that it was asked for")]
    NoNumbers {
        /// The program or its command.
        program: String,
    },
    /// A process to compare with was too slow.
    #[error("{program} took longer than {limit_s} s")]
    TooSlow {
        /// The program.
        program: &'static str,
        /// Its limit, in seconds.
        limit_s: u64,
    },
    /// The program that was given for the peers is not there.
    #[error("there is no {}: give the path of mote-peers with --peers", path.display())]
    PeersPath {
        /// The path that was given.
        path: PathBuf,
        /// The kernel's reason.
        source: io::Error,
    },
    /// The peers were asked for and are not there.
    #[error("wasmtime cannot be measured")]
    PeersMissing(#[source] NoPeers),
    /// The peers do not compile their modules.
    #[error("mote-peers cannot compile modules: {output}")]
    PeersCompile {
        /// What it printed.
        output: String,
    },
    /// A contender that does not take part was asked for something.
    #[error("{contender} takes no part in this run")]
    Absent {
        /// Which.
        contender: &'static str,
    },
    /// The node does not start.
    #[error("the node does not start")]
    Node(#[from] NodeError),
    /// The loader refuses a service on board.
    #[error("the loader refuses a service on board")]
    Deploy(#[from] DeployError),
    /// A service cannot be placed or taken out.
    #[error("the node cannot place or evict a service")]
    Place(#[from] PlaceError),
    /// The node refuses a request.
    #[error("the node refuses the request")]
    Submit(#[from] SubmitError),
    /// The node has no completion although a request is outstanding.
    #[error("the node has lost a request")]
    Lost,
    /// The node has no worker any more.
    #[error("the worker is gone")]
    NoWorker,
    /// An invocation that is measured ended as none should.
    #[error("an invocation that was to end as {wanted} ended as {outcome}: {}", reason.as_deref().unwrap_or("no reason"))]
    Outcome {
        /// How it was to end.
        wanted: Outcome,
        /// How it ended.
        outcome: Outcome,
        /// Its error or panic message.
        reason: Option<String>,
    },
    /// A copy of an image answered with another's number.
    #[error("copy {wanted} of an image says that it is copy {found}")]
    OtherCopy {
        /// Which one was asked.
        wanted: u64,
        /// Which one answered.
        found: u64,
    },
    /// A runaway ended without a handler that acted on its deadline.
    #[error("a runaway was over its budget and nothing preempted it")]
    NotPreempted,
    /// The answer of a service is no stamp.
    #[error("an answer of {bytes} bytes is no time, which has 8")]
    NoStamp {
        /// Its length.
        bytes: usize,
    },
    /// An oracle says something that is no verdict.
    #[error(
        "the oracle {oracle:?} answers {answer:?}, which is neither empty nor the name of a verdict"
    )]
    NoVerdict {
        /// Its command.
        oracle: String,
        /// What it says.
        answer: String,
    },
    /// A plot cannot be drawn.
    #[error("cannot draw {file}")]
    Plot {
        /// The plot's file.
        file: &'static str,
        /// The drawing library's reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A report cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The kernel's reason.
        source: io::Error,
    },
    /// A sweep is not to be had.
    #[error(transparent)]
    Sweep(#[from] SweepError),
}

impl Error {
    /// The message and those of its causes, in one line.
    #[must_use]
    pub fn with_causes(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        text
    }

    /// For `map_err`: running `program` failed.
    pub(crate) fn run(program: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Run { program: program.into(), source }
    }
}
