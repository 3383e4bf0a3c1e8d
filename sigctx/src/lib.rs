//! Stopping code that does not want to stop: register contexts, recovery points, fake frames and
//! unwinding.
//!
//! You run somebody's function and it does not come back. A signal gives you the processor again; this
//! crate is about the moment after that. It can return to where you were before the call and leave the
//! function's frames for dead (*discard*), or make the function appear to have panicked where it
//! stands, so that destructors run (*raise*).
//!
//! | module | what |
//! | --- | --- |
//! | [`arch`] | crossings between host and service stacks, the kernel's signal frame |
//! | [`preempt`] | what a handler decides, as a pure function |
//! | [`redirect`] | the register edits of a discard and of a raise |
//! | [`registers`] | registers in DWARF's numbering |
//! | [`signal`] | installing handlers and their stack |
//! | [`step`] | single-stepping: which instructions trap, and what stepping must repair |
//! | [`timer`] | the timer of a process that preempts itself |
//! | [`unwind`] | from an interrupted frame to its landing pads |
//!
//! # Principles
//! 1. **Host code is never interrupted for good.** A handler redirects service text only. In host text
//!    it leaves word, and the way back to the service acts on it. So the host needs no reentrancy, and
//!    there is no flag to set or forget: only the range of RIP counts.
//! 2. **A discard is sound at any instruction**, because nothing of the service is used again. All
//!    else is an improvement on it.
//! 3. **Plan, then apply.** Decisions are pure functions over copies; the live context is edited in one
//!    place.
//! 4. **Handlers allocate nothing, lock nothing, format nothing.**
//! 5. **One thread.** A process has one [`arch::Crossing`].
#![no_std]
#![deny(unsafe_code)]

#[allow(unsafe_code, reason = "stacks are switched and registers loaded here")]
pub mod arch;
pub mod preempt;
#[allow(unsafe_code, reason = "the live context and stack are edited here")]
pub mod redirect;
pub mod registers;
#[allow(unsafe_code, reason = "handlers are installed by raw system calls")]
pub mod signal;
pub mod step;
#[allow(unsafe_code, reason = "timers are set by raw system calls")]
pub mod timer;
pub mod unwind;
