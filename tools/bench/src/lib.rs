//! Experiments on Mote and what they found: the paper's evaluation, the demonstration of the services on
//! board, preemption at every instruction, and the machine's own floors beside all of them.
//!
//! ```text
//!  evaluation (mote bench)    demo (mote demo)    fuzz (mote fuzz) ─▶ torture (mote torture)    chaos (mote chaos)
//!    │  report   results          │                   │
//!    │  experiments               │                   │
//!    │  contenders                │                   │
//!    └────────┬───────────────────┴───────────────────┘
//!             ▼
//!  bundle   floors   machine   image   stats   format   error
//! ```
//!
//! | room | what |
//! | --- | --- |
//! | [`evaluation`] | which experiments run, in which order, with which progress |
//! | [`report`] | results as a table for terminals and as a page with plots |
//! | [`results`] | all that one run of the evaluation found, its ratios and aims |
//! | `experiments` | the paper's Table 1, timers, Figure 2, kills, density, stopping wasmtime |
//! | [`contenders`] | who is measured: ours, processes, shared libraries, wasmtime |
//! | [`demo`] | the services on board, run and stopped, in one table |
//! | [`storm`] | running services, stopped by breakpoints at random moments |
//! | [`torture`] | an invocation, preempted at each of its instructions |
//! | [`chaos`] | a node whose workers are killed under load; every answer is counted elsewhere |
//! | [`fuzz`] | random programs, preempted |
//! | [`samples`] | raw samples, in files |
//! | `bundle` | the services that the executable carries, and their images |
//! | `random` | numbers at random, by seed |
//! | `floors`, `machine` | what the machine itself takes, and what it is |
//! | [`image`] | names and unwind tables of an image's functions |
//! | [`stats`] | times, tokens, rows |
//! | [`mod@format`] | numbers, tables and strangers' text as a person reads them |
#![deny(unsafe_code)]

mod bundle;
pub mod chaos;
pub mod contenders;
pub mod demo;
mod error;
pub mod evaluation;
mod experiments;
mod floors;
pub mod format;
pub mod fuzz;
pub mod image;
mod machine;
mod random;
pub mod report;
pub mod results;
pub mod samples;
pub mod stats;
pub mod storm;
pub mod torture;

pub use error::Error;
