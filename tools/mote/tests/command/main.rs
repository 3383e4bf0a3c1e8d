//! The executable as its users meet it.

mod bench;
mod cli;
mod new;
mod output;
mod run;
mod stall;
mod support;
mod torture;
