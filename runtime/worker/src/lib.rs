//! The worker: one thread that takes requests from a ring and runs services, one at a time.
//!
//! Called by the program's entry point (`main.rs`), never returns. Everything is mapped before the
//! first request; after that an invocation makes no system call unless the service asks for random
//! bytes, the arena was used above its watermark, or there is nothing to do and the worker sleeps.
//!
//! | module | what |
//! | --- | --- |
//! | [`start`] | from the kernel's initial stack to the loop |
//! | [`memory`] | everything that is mapped |
//! | `mem` | `memcpy` and its like, as a macro |
//! | [`serve`] | the loop: take, run, publish, sleep |
//! | [`invocation`] | one run of a service, from entry to clean slate |
//! | [`ahead`] | bringing near what an invocation will touch |
//! | [`host`] | what the worker owns while services run |
//! | [`host_calls`] | the functions behind the import table |
//! | [`service_mem`] | `memcpy` and its like for services |
//! | [`raise`] | unwinding a service's stack |
//! | [`handlers`] | what signals do |
//! | [`alarm`] | the worker's own timer |
//! | [`current`] | what handlers know of the running invocation |
//! | [`pause`] | suspending an invocation, and going on with it |
//! | [`slots`] | where paused invocations are: stacks, arenas, shelves |
//! | [`shelf`] | what else they leave |
//! | [`program`] | this program's own segments |
//! | [`serialize`] | before running code that another processor wrote |
//! | [`tokens`] | the handle table |
//! | [`text`] | what is said in a service's stead |
//! | [`clock`] | the clock |
//! | [`barrier`] | a fence on every processor |
//! | [`exit`] | the way out |
//! | `torture` | with the feature of that name: one invocation, step by step, instead of the loop |
#![no_std]
#![deny(unsafe_code)]

pub mod ahead;
pub mod alarm;
#[allow(unsafe_code, reason = "is a system call")]
pub mod barrier;
pub mod clock;
pub mod current;
#[allow(unsafe_code, reason = "is a system call")]
pub mod exit;
#[allow(unsafe_code, reason = "edits the interrupted context")]
pub mod handlers;
#[allow(unsafe_code, reason = "owns the one mutable state of the worker, and raw areas")]
pub mod host;
#[allow(unsafe_code, reason = "is called by services with raw pointers")]
pub mod host_calls;
#[allow(unsafe_code, reason = "enters services and writes the data window")]
pub mod invocation;
mod mem;
#[allow(unsafe_code, reason = "maps memory")]
pub mod memory;
#[allow(unsafe_code, reason = "goes on with services, and reads the data window")]
pub mod pause;
#[allow(unsafe_code, reason = "reads this program's segments")]
pub mod program;
#[allow(unsafe_code, reason = "reads a service's stack and jumps to landing pads")]
pub mod raise;
#[allow(unsafe_code, reason = "is assembly")]
pub mod serialize;
#[allow(unsafe_code, reason = "starts invocations")]
pub mod serve;
#[allow(unsafe_code, reason = "is assembly")]
pub mod service_mem;
#[allow(unsafe_code, reason = "copies what services left")]
pub mod shelf;
pub mod slots;
#[allow(unsafe_code, reason = "calls what is to be called once")]
pub mod start;
pub mod text;
pub mod tokens;
#[cfg(feature = "torture")]
#[allow(unsafe_code, reason = "steps, forks, and looks at memory that others own")]
pub mod torture;
