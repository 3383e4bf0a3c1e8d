//! All that the compiler cannot check here: memory shared with workers, and a few calls to the kernel.
//!
//! | module | what |
//! | --- | --- |
//! | [`barrier`] | a fence on every processor |
//! | [`clock`] | the clocks |
//! | [`mapping`] | shared memory: its head of atomics, and bytes copied in and out |
//! | [`namespaces`] | new namespaces without a process in them |
//! | [`memory_file`] | sealed files in memory |
//! | [`scheduling`] | when the kernel runs a process |
//! | [`signal`] | a signal that carries a value |
//! | [`speculation`] | what a process may decide about speculation |
//! | [`spawn`] | a child process with chosen file descriptors, in namespaces |
//!
//! Everything offered is safe to call. This is the module to edit for another architecture or kernel.

pub(crate) mod barrier;
pub(crate) mod clock;
pub(crate) mod limits;
pub(crate) mod mapping;
pub(crate) mod memory_file;
pub(crate) mod namespaces;
pub(crate) mod scheduling;
pub(crate) mod signal;
mod signal_mask;
pub(crate) mod spawn;
pub(crate) mod speculation;
