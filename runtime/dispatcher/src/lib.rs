//! Starts workers, feeds them requests, and stops what overstays.
//!
//! Principles:
//! 1. Workers are hostile. What they write is copied out, checked, and then used; a report that cannot be
//!    true costs the worker its life ([`Outcome::WorkerLost`]) and nothing else.
//! 2. One thread does everything, in ticks that never block. It looks at a worker's memory only when
//!    something is expected there.
//! 3. Deadlines are decided by pure code over copied facts; the handler in the worker decides again.
//! 4. Every submitted job ends exactly once, whatever happens to its worker. One that may have started
//!    is started again only if it was declared idempotent, and once.
//! 5. Whoever waits spins briefly and then sleeps; with one processor nobody spins.
//! 6. What a check has established goes on as a value: a free line of a ring, a hold on a resident image.
//!
//! Rooms, from the top down: each uses only those below it.
//!
//! | room | what |
//! | --- | --- |
//! | [`torture`] | a worker of its own for `mote torture`: one invocation, preempted everywhere |
//! | `owned` | a node that owns its thread: commands in, answers out |
//! | `node` | the public face: deploy, place, submit, poll, wait |
//! | `pool` | all workers: their processes, rings, deadlines, and what they may report |
//! | `images` | deployed images, which are resident and where, and their statistics |
//! | `sched` | who waits for what: queue, budgets, spinning or parking, processors |
//! | `upstream` | calls of services to backends: who waits for which replies |
//! | `journal` | what became of each accepted request: one answer (pure) |
//! | `config` | what a node is started with |
//! | `job` | what is asked and what comes back: jobs, tickets, completions (pure) |
//! | `isolation` | what the kernel keeps a worker from |
//! | `sys` | all `unsafe` code |
#![deny(unsafe_code)]

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("Mote runs on Linux on x86-64 only");

mod config;
mod images;
mod isolation;
mod job;
mod journal;
mod node;
mod owned;
mod pool;
mod sched;
#[allow(unsafe_code, reason = "shared memory and the calls that no crate offers safely")]
mod sys;
pub mod torture;
mod upstream;

pub use config::{
    BACKSTOP_US, ConfigError, MAX_QUANTUM_US, MAX_SLICE_US, MAX_SPARES, MAX_WORKERS,
    MIN_QUANTUM_US, MIN_SLICE_US, NodeConfig, Sharing, Source,
};
pub use images::bans::Ban;
pub use images::deployment::{Deployment, VerifiedImage};
pub use images::error::{AdmissionError, DeployError, PlaceError};
pub use images::signer::{TrustError, signer};
pub use images::statistics::ServiceStatistics;
pub use images::strikes::Strikes;
pub use images::toolchain::TOOLCHAIN;
pub use isolation::layer::{Layer, LayerError, LayerStatus, layers};
pub use job::completed::{Completed, Tokens, Unwinding};
pub use job::ids::{ServiceId, TenantId, Ticket};
pub use job::options::JobOptions;
pub use job::share::Share;
pub use job::spec::{Job, JobError};
pub use journal::JobState;
pub use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
pub use mote_abi::upstream::CallError;
pub use mote_loader::CounterUse;
pub use mote_loader::signature::PublicKey;
pub use node::Node;
pub use node::error::{NodeError, SubmitError};
pub use node::requirements::check as check_requirements;
pub use node::waker::Waker;
pub use owned::command::{Change, ChangeError, OwnedJob};
pub use owned::statistics::NodeStatistics;
pub use owned::{Handle, NodeThread};
pub use pool::error::{ExitReason, StartError};
pub use pool::process::Death;
pub use pool::program::ProgramError;
pub use pool::start::{LastWords, Progress};
pub use pool::stop::StopCounts;
pub use sched::budget::{BudgetError, LatencyTarget};
pub use sched::processors::{Processor, TRIED_PROCESSORS, TriedProcessor};
pub use sys::clock::now_ns;
pub use sys::limits::TooFewDescriptors;
pub use upstream::{UpstreamCall, UpstreamDriver, UpstreamReply};
