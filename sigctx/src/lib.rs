//! Stopping code that does not want to stop: register contexts, recovery points, fake frames and
//! unwinding.
//!
//! You run somebody's function and it does not come back. A signal gives you the processor again; this
//! crate is about the moment after that. It can return to where you were before the call and leave the
//! function's frames for dead (*discard*), or make the function appear to have panicked where it
//! stands, so that destructors run (*raise*). Or it keeps the function as it is and goes on with it later
//! (*pause*, [`arch::SavedFrame`] and [`arch::resume`]).
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
//! signal only leaves word; an allocation returns null (which ends in a panic), and
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
//! # Measured
//! `mote torture --suite` preempts 26 services and 30 workloads over the standard collections at every
//! instruction, each injection in a copy of the worker, and says what became of it. Counts of 2026-11-25
//! with `rustc 1.95.0`, x86-64: `mote torture --suite --profile release`,
//! `mote torture --suite --profile debug --mode guarded`, and for the other two modes in debug images the
//! same with `--every 7` (every seventh instruction). Workloads were followed to their end, services for
//! 20,000 instructions, and for 5,000 if they never end by themselves.
//!
//! | mode | images | points | `clean` | `leaked` | `double_release` | `service_fault` | `host_damage` |
//! | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
//! | `guarded` | release | 168,624 | 130,235 | 38,389 | 0 | 0 | 0 |
//! | `guarded` | debug | 476,375 | 457,119 | 19,256 | 0 | 0 | 0 |
//! | `discard` | release | 168,624 | 55,143 | 113,481 | 0 | 0 | 0 |
//! | `discard` | debug | 70,224 | 28,200 | 42,024 | 0 | 0 | 0 |
//! | `inject` | release | 168,624 | 87,312 | 80,214 | 1,092 | 6 | 0 |
//! | `inject` | debug | 70,224 | 53,474 | 16,144 | 603 | 3 | 0 |
//!
//! Every point of `guarded` that is not clean belongs to five services, whose next call that may raise does
//! not come within the grace of 1 ms (`guard_spin` makes none; `releases_only` only releases;
//! `panics_late` computes) or whose destructor does not end (`loops_in_drop`, `recurses_in_drop`). There the
//! worker discards and takes the tokens back. All 49,279 points of the workloads in release images were
//! clean, and all 346,045 in debug images. In `discard` nothing runs, so what was held counts as leaked.
//!
//! | `inject`, release, by coverage | points | `clean` | `leaked` | `double_release` | `service_fault` | `host_damage` |
//! | --- | ---: | ---: | ---: | ---: | ---: | ---: |
//! | `landing_pad` | 6,759 | 4,747 | 1,991 | 17 | 4 | 0 |
//! | `terminate_pad` | 4 | 4 | 0 | 0 | 0 | 0 |
//! | `no_pad` | 36,644 | 9,501 | 26,911 | 231 | 1 | 0 |
//! | `gap` | 12,397 | 3,861 | 8,532 | 4 | 0 | 0 |
//! | `no_lsda` | 112,820 | 69,199 | 42,780 | 840 | 1 | 0 |
//!
//! `service_fault` is what the service did after the raise: it read what was half moved. It was contained
//! each time. `tests/tests/torture.rs` keeps the counts of some workloads for this compiler.
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
pub mod registers;
#[allow(unsafe_code, reason = "handlers are installed by raw system calls")]
pub mod signal;
pub mod step;
#[allow(unsafe_code, reason = "timers are set by raw system calls")]
pub mod timer;
pub mod unwind;
