//! Stopping code that does not want to stop: register contexts, recovery points, fake frames and
//! unwinding.
//!
//! You run somebody's function and it does not come back. A signal gives you the processor again; this
//! crate is about the moment after that. It can return to where you were before the call and leave the
//! function's frames for dead (*discard*), or make the function appear to have panicked where it
//! stands, so that destructors run (*raise*). Or it saves the function's registers and goes on with it later
//! (*pause*, [`arch::SavedFrame`] and [`arch::resume`]).
//!
//! | module | what |
//! | --- | --- |
//! | [`arch`] | what differs between processors: crossings between host and service stacks, the kernel's signal frame, [`registers`], [`step`] |
//! | [`si_code`] | why a signal was sent |
//! | [`signal`] | installing handlers and their stack |
//! | [`timer`] | the timer of a process that preempts itself |
//! | [`redirect`] | the register edits of a discard and of a raise |
//! | [`preempt`] | what a handler decides, as a pure function |
//! | [`unwind`] | from an interrupted frame to its landing pads |
//!
//! # Principles
//! 1. **Host code is never interrupted for good.** A handler redirects service text only. In host text
//!    it sets what is pending, and the way back to the service acts on it. So the host needs no reentrancy, and
//!    there is no flag to set or forget: only the range of RIP counts.
//! 2. **A discard is sound at any instruction**, because nothing of the service is used again. All
//!    else is an improvement on it.
//! 3. **Plan, then apply.** Decisions are pure functions over copies; the live context is edited in one
//!    place.
//! 4. **Handlers allocate nothing, lock nothing, format nothing.**
//! 5. **One thread.** A process has one [`arch::Crossing`].
//!
//! # What each mode guarantees
//!
//! | mode | at the soft deadline | a destructor is skipped | one runs twice | service code runs after the hard deadline |
//! | --- | --- | --- | --- | --- |
//! | `discard` | discard | all are, always | never | never |
//! | `guarded` | raise at the next call that may unwind | never in a raise; all, if no such call or no end comes within the grace | never | never |
//! | `inject` | raise at the interrupted instruction | where no landing pad covers it | where a value was being moved | never |
//!
//! In all modes the host is unharmed at any instruction: a handler changes where *service* text goes
//! on, never host text (principle 1), and what the service held is taken back as a whole.
//!
//! **Why `discard` is sound.** Nothing of the service is used again: not its stack, arena, data, handles,
//! or registers. So it does not matter in which state they are. That cannot be said of destructors: they
//! read what the service has left.
//!
//! **Why `guarded` is.** A raise begins at a call that the compiler took to unwind, with all values in
//! the places where the landing pad of that call looks for them, as if a panic had come from it. Calls
//! that release something never raise: a value whose release unwound would pass for dropped. So a
//! signal only sets a raise pending; an allocation returns null (which ends in a panic), and
//! [`host_call!`]s of the kind `raising` raise on their way back. A raise is one-shot: once it is under
//! way, allocations succeed and calls return, so that destructors can do their work. A second panic,
//! a fault, a stack overflow or the hard deadline in a destructor discards.
//!
//! Not every call that may unwind should: a frame further down may let nothing pass. `BTreeMap` guards
//! itself so while it gets another level, and aborts if it is unwound there. So before anything begins,
//! the worker looks ahead, down to the last frame, for landing pads that surely end at a trap, as the image's
//! unwind table tells ([`unwind::ProbeResult`]). If there is one, this call does its work as ever, and the next one
//! looks again. Where an allocation stands in the middle of a function that the compiler took not to
//! unwind, it is not known which of the function's call sites the panic will come from; then all of its
//! landing pads must let pass.
//!
//! **Why `inject` is not.** Compilers emit landing pads for calls, not for instructions. Between two
//! calls a value may be half moved: in neither place, or in both. So values leak, are dropped twice, or are
//! found half written.
//!
//! What `mote torture` found of each mode, instruction by instruction, is in `TORTURE.md` beside this crate.
//!
//! **A pause changes nothing** at any instruction: a signal frame is returned from late, and nothing of the
//! service was used meanwhile. In host text it waits for the way back, as everything does. Once a raise is
//! under way there is no more pausing.
//!
//! # Who fires
//! A signal is a hint to look at the clock: the handler compares the running invocation's deadlines
//! with it, so one that is early, late, doubled or meant for another invocation does nothing. It may
//! come from another process, with the invocation's number as its value, or from a
//! [`timer`] of the process itself.
#![no_std]
#![deny(unsafe_code)]

#[allow(unsafe_code, reason = "stacks are switched and registers loaded here")]
pub mod arch;
pub mod preempt;
#[allow(unsafe_code, reason = "the live context and stack are edited here")]
pub mod redirect;
pub mod si_code;
#[allow(unsafe_code, reason = "handlers are installed by raw system calls")]
pub mod signal;
#[allow(unsafe_code, reason = "timers are set by raw system calls")]
pub mod timer;
pub mod unwind;

pub use arch::{registers, step};
