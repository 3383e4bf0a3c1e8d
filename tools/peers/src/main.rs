//! `mote-peers`: what `mote bench` compares Mote with and must not depend on: wasmtime.
//!
//! ```text
//!  mote bench ──▶ mote-peers compile   a folder of distinct modules, compiled ahead of time
//!             ──▶ mote-peers serve     a worker behind the mailbox that our workers have
//!             ──▶ mote-peers interrupt how late an endless loop is stopped by an epoch
//!             ──▶ mote-peers hash      the hashing loop, with and without epochs
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | [`arguments`] | what the command line says |
//! | [`engine`] | how wasmtime is set up |
//! | [`service`] | the timestamp service as a module: text, compiled, resident |
//! | [`serve`] | the worker |
//! | [`interrupt`], [`hash`] | what epochs give and what they cost |
//! | [`sha512`] | SHA-512 as a module's text |
//! | [`sys`] | all `unsafe` code |

mod arguments;
mod engine;
mod hash;
mod interrupt;
mod serve;
mod service;
mod sha512;
mod sys;

use std::process::ExitCode;

use arguments::What;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = What::parse(&arguments).and_then(|what| execute(&what));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mote-peers: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(what: &What) -> wasmtime::Result<()> {
    match what {
        What::Compile { folder, first, end, spare } => {
            service::compile(folder, *first..*end, *spare)
        }
        What::Serve { folder, resident, spare, memory, instances } => {
            serve::serve(folder, *resident, *spare, memory, *instances)
        }
        What::Interrupt { cpu, budget_us, count } => interrupt::measure(*cpu, *budget_us, *count),
        What::Hash { has_epochs, duration_ms } => hash::measure(*has_epochs, *duration_ms),
    }
}
