//! The executable as its users meet it.

mod bench;
mod chaos;
mod cli;
mod doctor;
mod keys;
mod new;
mod output;
mod policy;
mod pty;
mod run;
mod stall;
#[path = "../support/mod.rs"]
mod support;
mod torture;
