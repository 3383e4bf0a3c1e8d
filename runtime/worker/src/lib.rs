//! The worker: one thread that takes requests from a ring and runs services, one at a time.
//!
//! Called by the program's entry point (`main.rs`), never returns. Everything is mapped before the
//! first request; after that an invocation makes no system call unless the service asks for random
//! bytes, the arena was used above its watermark, or there is nothing to do and the worker parks.
//!
//! Each room uses those above it in this table, and no other:
//!
//! | room | what |
//! | --- | --- |
//! | [`sys`] | single system calls and instructions; the program's own segments |
//! | [`host`] | what the worker owns while services run |
//! | [`preempt`] | what signals do: handlers, deadlines, raises, the worker's own timer |
//! | [`calls`] | the functions behind the import table |
//! | [`invocation`] | one run of a service, from entry to clean slate; pausing and resuming one |
//! | [`serve`] | the loop: take, prefetch, run, publish, park |
//! | `torture` | with the feature of that name: one invocation, step by step, instead of the loop |
//! | [`start`] | from the kernel's initial stack to the loop; everything that is mapped |
#![no_std]
#![deny(unsafe_code)]

pub mod calls;
#[allow(unsafe_code, reason = "owns the one mutable state of the worker, and raw areas")]
pub mod host;
pub mod invocation;
pub mod preempt;
#[allow(unsafe_code, reason = "starts invocations: the ring's requests are the dispatcher's")]
pub mod serve;
#[allow(unsafe_code, reason = "maps memory, and calls what is to be called once")]
pub mod start;
#[allow(unsafe_code, reason = "is system calls and instructions")]
pub mod sys;
#[cfg(feature = "torture")]
#[allow(unsafe_code, reason = "steps, forks, and looks at memory that others own")]
pub mod torture;
