//! The command line of Mote: one executable that builds services, runs them, and carries the worker
//! program and a set of services to show inside.
//!
//! ```text
//!  cli ──▶ new  build  policy  keys  inspect  run  serve  operate  torture  fuzz  demo  bench  doctor ──▶ service ──▶ terminal ──▶ status
//! ```
//!
//! | room | what |
//! | --- | --- |
//! | [`cli`] | which command it is, and how errors are told |
//! | [`build`] | `mote build` |
//! | [`new`] | `mote new`: a service to begin with |
//! | [`policy`] | `mote policy`: which crates a service may have |
//! | [`keys`] | `mote keys`: the keys that sign images |
//! | [`inspect`] | `mote inspect`: what an image holds |
//! | [`run`] | `mote run`: invocations and how they ended |
//! | `serve` | `mote serve`: a node behind HTTP |
//! | `operate` | `mote deploy`, `invoke`, `list`, `stats`, `rollback`, `rm`, `ban`, `unban`: a running node's admin socket |
//! | [`torture`] | `mote torture`: an invocation, preempted at every instruction |
//! | [`fuzz`] | `mote fuzz`: random programs, preempted |
//! | [`demo`] | `mote demo`: the services on board in one table |
//! | [`bench`](mod@bench) | `mote bench`: the paper's evaluation, beside the alternatives |
//! | [`doctor`] | `mote doctor`: what of the machine is there for Mote |
//! | [`service`] | what these share: a service's source or image, a request's body |
//! | [`terminal`] | progress and output |
//! | [`status`] | exit statuses |
//! | `sys` | all `unsafe` code |
#![deny(unsafe_code)]

mod bench;
mod build;
mod chaos;
mod cli;
mod demo;
mod doctor;
mod fuzz;
mod inspect;
mod keys;
mod manual;
mod new;
#[cfg(feature = "http")]
mod operate;
mod policy;
mod run;
#[cfg(feature = "http")]
mod serve;
mod service;
mod status;
mod sys;
mod terminal;
mod torture;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
