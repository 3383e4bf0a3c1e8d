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
//! | room | what |
//! | --- | --- |
//! | `node` | the public face: deploy, place, submit, poll, wait |
//! | `pool` | all workers: their processes, rings, deadlines, and what they may claim |
//! | `sched` | who waits for what: queue, time slices, budgets, spinning or parking, processors (pure) |
//! | `images` | deployed images, which are resident and where, and their statistics |
//! | [`torture`] | a worker of its own for `mote torture`: one invocation, preempted everywhere |
//! | `sys` | all `unsafe` code |
//!
//! Source: DESIGN sections 5 to 10.
#![deny(unsafe_code)]

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("Mote runs on Linux on x86-64 only");

mod images;
mod node;
mod pool;
mod sched;
#[allow(unsafe_code, reason = "shared memory and the calls that no crate offers safely")]
mod sys;
pub mod torture;

pub use images::statistics::ServiceStatistics;
pub use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
pub use node::Node;
pub use node::completed::{Completed, Tokens, Unwinding};
pub use node::config::{
    BACKSTOP_US, MAX_QUANTUM_US, MAX_SLICE_US, MAX_WORKERS, MIN_QUANTUM_US, MIN_SLICE_US,
    NodeConfig, Source,
};
pub use node::error::{DeployError, NodeError, PlaceError, ProgramError, SubmitError};
pub use node::job::{Job, ServiceId, Ticket};
pub use node::requirements::check as check_requirements;
pub use sched::budget::{BudgetError, LatencyTarget};
pub use sys::clock::now_ns;

/// `rustc --version` of the compiler that built this: images of another are refused.
pub const TOOLCHAIN: &str = env!("MOTE_TOOLCHAIN");
