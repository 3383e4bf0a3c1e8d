//! The command line of Mote: one executable that builds services, runs them, and carries the worker
//! program and a set of services to show inside.
//!
//! | module | what |
//! | --- | --- |
//! | [`cli`] | arguments, help, and how errors are told |
//! | [`bench`](mod@bench) | `mote bench`: the paper's evaluation, beside the alternatives |

//! | [`build_command`] | `mote build`, and the images that other commands build first |
//! | [`inspect`] | `mote inspect`: what an image holds |
//! | [`run`] | `mote run`: invocations and how they ended |
//! | `serve` | `mote serve`: a node behind HTTP
//! | `operate` | `mote deploy`, `invoke`, `list`, `stats`, `rollback`, `rm`: a running node's admin socket
//! | [`demo`] | `mote demo`: the bundled services in one table |
//! | [`floors`] | what the machine itself takes, for comparison |
//! | [`machine`] | what the machine is |
//! | [`report`] | JSON rows, percentiles, tables |
//! | [`requirements`] | what the machine must have |
//! | [`status`] | exit statuses |
//! | [`torture`] | `mote torture`: an invocation, preempted at every instruction |
#![deny(unsafe_code)]

pub mod bench;
pub mod build_command;
pub mod cli;
pub mod demo;
pub mod floors;
pub mod inspect;
pub mod machine;
#[cfg(feature = "http")]
pub mod operate;
mod progress;
pub mod report;
pub mod requirements;
pub mod run;
#[cfg(feature = "http")]
pub mod serve;
pub mod status;
pub mod torture;
