//! Starts workers, feeds them requests, and stops what overstays.
//!
//! Principles:
//! 1. Workers are hostile. What they write is copied out, checked, and then used; a false claim costs
//!    the worker its life ([`Outcome::WorkerLost`]) and nothing else.
//! 2. One thread does everything, in turns that never block. It looks at a worker's memory only when
//!    something is expected there.
//! 3. Deadlines are decided by pure code over copied facts; the handler in the worker decides again.
//! 4. Every submitted job ends exactly once, whatever happens to its worker. One that may have started
//!    is never started again.
//! 5. Whoever waits spins briefly and then sleeps; with one processor nobody spins.
//!
//! | module | what |
//! | --- | --- |
//! | `node` | the public face: deploy, place, submit, poll, wait |
//! | `services` | deployed images, and which are resident |
//! | `zones` | the memory that images are placed in |
//! | `record` | what is remembered of each, and bans (pure) |
//! | `request` | a job on its way |
//! | `queue` | jobs that wait for a worker |
//! | `crew`, `seat`, `worker` | all workers; one's place; one itself |
//! | `watchdog` | deadlines and slices (pure) |
//! | `pause` | jobs that are paused, and what a worker may say of them (pure) |
//! | `budget` | the budget that keeps a promise of latency (pure) |
//! | `report` | from a worker's allegation to a report (pure) |
//! | `rest` | spin or sleep (pure) |
//! | `cpus` | who runs where (pure, but for asking and setting) |
//! | `boot`, `process`, `areas` | how a worker begins and ends, and the memory shared with it |
//! | `worker_program` | the carried worker |
//! | [`torture`] | a worker of its own for `mote torture`: one invocation, preempted everywhere |
//! | `sys` | all `unsafe` code |
//!
//! Source: DESIGN sections 5 to 10.
#![deny(unsafe_code)]

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("Mote runs on Linux on x86-64 only");

mod areas;
mod boot;
mod budget;
mod completed;
mod config;
mod cpus;
mod crew;
mod error;
mod job;
mod node;
mod pause;
mod process;
#[cfg(test)]
mod puppet;
mod queue;
mod record;
mod report;
mod request;
mod requirements;
mod rest;
mod seat;
mod services;
#[allow(unsafe_code, reason = "shared memory and the calls that no crate offers safely")]
mod sys;
pub mod torture;
mod watchdog;
mod worker;
mod worker_program;
mod zones;

pub use budget::{BudgetError, Promise};
pub use completed::{Completed, Tokens, Unwinding};
pub use config::{
    BACKSTOP_US, MAX_QUANTUM_US, MAX_SLICE_US, MAX_WORKERS, MIN_QUANTUM_US, MIN_SLICE_US,
    NodeConfig, Source,
};
pub use error::{DeployError, NodeError, PlaceError, ProgramError, SubmitError};
pub use job::{Job, ServiceId, Ticket};
pub use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
pub use node::Node;
pub use record::ServiceRecord;
pub use requirements::check as check_requirements;
pub use sys::clock::monotonic_ns as now_ns;

/// `rustc --version` of the compiler that built this: images of another are refused.
pub const TOOLCHAIN: &str = env!("MOTE_TOOLCHAIN");
