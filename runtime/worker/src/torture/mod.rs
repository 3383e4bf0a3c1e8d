//! One invocation, preempted at each of its instructions: the worker of `mote torture`.
//!
//! ```text
//!  run ─▶ undisturbed ─▶ canaries ─▶ sweep: run::run under the trap flag
//!                                      │ SIGTRAP before each instruction
//!                                      ├─ fork ─▶ child: inject ─▶ … production code … ─▶ report
//!                                      └─ wait, next instruction
//! ```
//!
//! The child calls the production handler with the interrupted context, so that its decision, its
//! redirect, the unwinding and the cleaning are those of any worker. Nothing that a child writes reaches
//! its parent, except its record: all memory but the results is private, so that a sweep is one
//! invocation long, however many injections it holds.
//!
//! | module | what |
//! | --- | --- |
//! | [`stepper`] | the trap handler, in the parent and for second preemptions |
//! | [`injection`] | what a child does between the trap and the service |
//! | [`messages`] | the requests that the tool sent, and their answers |
//! | [`oracle`] | what must be as before, and the canaries |
//! | [`sys`] | fork, timers, floating-point state; the results file, the recovery point, the handler's state |

pub mod injection;
pub mod messages;
pub mod oracle;
pub mod stepper;
pub mod sys;

use core::sync::atomic::Ordering::{Relaxed, Release};

use mote_abi::message::{Completion, Invoke};
use mote_abi::outcome::{Mode, Outcome};
use mote_abi::torture::{Record, TARGET, facts};

use crate::host::areas::Areas;
use crate::invocation::run;
use crate::sys::exit::exit;
use crate::torture::messages::{answer, request};
use crate::torture::oracle::Expected;
use crate::torture::sys::results;
use crate::torture::sys::state::Role;

/// Exit status of a torture worker that was given no request, or whose handler cannot be installed.
const NO_REQUEST: i32 = 73;

/// Exit status of a child in which a canary answered wrongly while the invocation was paused.
const BAD_CANARY: i32 = 75;

/// Runs the sweep that the results file asks for, and exits.
pub fn run(areas: Areas) -> ! {
    let Some(target) = request(&areas, TARGET) else { exit(NO_REQUEST) };
    let head = results::head();
    if stepper::install().and_then(|()| injection::install()).is_err() {
        exit(NO_REQUEST);
    }
    let (undisturbed, answer) = baseline(&areas, target);
    for (word, value) in head.progress.baseline.iter().zip(undisturbed.to_words()) {
        word.store(value, Relaxed);
    }
    // Whatever is set up at the first use is set up now. Wrong canaries show at the first injection.
    let _warm = oracle::canaries_are_right(&areas);
    let expected = Expected::now(target, answer);
    head.progress.is_begun.store(1, Release);
    stepper::begin(&head.request);
    // SAFETY: the tool sent the request, and this runs one at a time.
    let completion = unsafe { run::run(TARGET, target) };
    match stepper::end() {
        Role::Child => report(&areas, &expected, go_on(&areas, target, completion)),
        _ => {
            head.progress.is_ended.store(1, Release);
            exit(0)
        }
    }
}

/// In a child: if the invocation was paused, goes on with it when others have run.
fn go_on(areas: &Areas, target: Invoke, completion: Completion) -> Completion {
    if completion.paused == 0 {
        return completion;
    }
    if !oracle::canaries_are_right(areas) {
        exit(BAD_CANARY);
    }
    stepper::note_pause();
    // SAFETY: as in `run`; the invocation is paused where its completion says.
    unsafe { run::run(TARGET, Invoke { resume: completion.paused, ..target }) }
}

/// In a child: what became of the injection.
fn report(areas: &Areas, expected: &Expected, completion: Completion) -> ! {
    let floating_point = sys::floating_point();
    injection::disarm();
    let mut record = Record { is_reported: 1, ..stepper::record() };
    describe(&mut record, &completion);
    record.facts |= expected.facts(areas, &completion);
    record.damage = expected.damage(areas, floating_point);
    results::complete(record);
    exit(0)
}

/// How an undisturbed invocation ends, of two, and the sum of its answer.
fn baseline(areas: &Areas, target: Invoke) -> (Record, u64) {
    let undisturbed = Invoke { mode: Mode::Discard as u8, ..target };
    let sums = [(); 2].map(|()| {
        let completion = bounded(undisturbed);
        (answer(areas, TARGET, &completion), completion)
    });
    let mut record = Record::default();
    describe(&mut record, &sums[1].1);
    if sums[0].0 != sums[1].0 {
        record.facts |= facts::UNSTEADY;
    }
    if sums[1].1.outcome == Outcome::OverBudget as u8 && overflows_when_raised(target) {
        record.facts |= facts::OVERFLOWS;
    }
    (record, sums[1].0)
}

fn bounded(invoke: Invoke) -> Completion {
    injection::arm_discard(injection::UNDISTURBED_NS);
    // SAFETY: as in `run`.
    let completion = unsafe { run::run(TARGET, invoke) };
    injection::disarm();
    completion
}

/// Whether the destructors of a service that does not end by itself run out of stack when a timer stops
/// it at a call, somewhere in its middle: what they do by themselves.
fn overflows_when_raised(target: Invoke) -> bool {
    let undisturbed_us = (injection::UNDISTURBED_NS / 1000) as u32;
    let (budget_us, grace_us) = (undisturbed_us, undisturbed_us);
    injection::arm_hints();
    let raised = Invoke { mode: Mode::Guarded as u8, budget_us, grace_us, ..target };
    // SAFETY: as in `run`.
    let completion = unsafe { run::run(TARGET, raised) };
    injection::disarm();
    completion.outcome == Outcome::StackOverflow as u8
}

fn describe(record: &mut Record, completion: &Completion) {
    record.created = completion.tokens_created;
    record.released = completion.tokens_released;
    record.reclaimed = completion.tokens_reclaimed;
    record.double_released = completion.tokens_double_released;
    record.landing_pads = completion.landing_pads;
    record.frames = completion.frames;
    record.gaps = completion.gaps;
    record.outcome = completion.outcome;
    record.cleanup = completion.cleanup;
}
