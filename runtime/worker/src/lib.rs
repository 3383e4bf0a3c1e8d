//! The worker: one thread that takes requests from a ring and runs services, one at a time.
//!
//! Called by the program's entry point (`main.rs`), never returns. Everything is mapped before the
//! first request; after that an invocation makes no system call unless the service asks for random
//! bytes, the arena was used above its watermark, or there is nothing to do and the worker sleeps.
//!
//! | room | what |
//! | --- | --- |
//! | [`start`] | from the kernel's initial stack to the loop; everything that is mapped |
//! | [`serve`] | the loop: take, prefetch, run, publish, park |
//! | [`invocation`] | one run of a service, from entry to clean slate; pausing and resuming one |
//! | [`calls`] | the functions behind the import table |
//! | [`preempt`] | what signals do: handlers, deadlines, raises, the worker's own timer |
//! | [`host`] | what the worker owns while services run |
//! | [`sys`] | single system calls and instructions |
//! | `torture` | with the feature of that name: one invocation, step by step, instead of the loop |
#![no_std]
#![deny(unsafe_code)]

#[allow(unsafe_code, reason = "is called by services with raw pointers")]
pub mod calls;
#[allow(unsafe_code, reason = "owns the one mutable state of the worker, and raw areas")]
pub mod host;
#[allow(unsafe_code, reason = "enters services and writes the data window")]
pub mod invocation;
#[allow(unsafe_code, reason = "edits the interrupted context, and reads a service's stack")]
pub mod preempt;
#[allow(unsafe_code, reason = "starts invocations")]
pub mod serve;
#[allow(unsafe_code, reason = "maps memory, and calls what is to be called once")]
pub mod start;
#[allow(unsafe_code, reason = "is system calls and instructions")]
pub mod sys;
#[cfg(feature = "torture")]
#[allow(unsafe_code, reason = "steps, forks, and looks at memory that others own")]
pub mod torture;
