//! The signal handlers. They run on the alternate stack, decide by pure functions, and edit the context;
//! they allocate nothing, lock nothing and format nothing. What each signal does is in
//! [`TABLE`](super::signals::TABLE).
//!
//! **Flags of a service.** A service that sets the trap flag or the alignment check and then calls the host
//! makes host text trap. That is its own fault: the handler clears the flags, lets host text go on, and
//! sets a discard pending.

use core::ops::Range;
use core::sync::atomic::Ordering::Relaxed;

use linux_raw_sys::general::{SIGBUS, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
use mote_abi::area::{Inbox, Outbox, RING_ENTRIES, WorkerStatus, signal_value};
use mote_abi::line::index;
use mote_abi::outcome::Outcome;
use mote_abi::windows;
use mote_sigctx::arch::{Context, Crossing, Pending, SigInfo};
use mote_sigctx::preempt::{Action, AtDeadline, Deadline, decide};
use mote_sigctx::redirect::Redirect;
use mote_sigctx::si_code;

use crate::host::stack_slot::GUARD_BYTES;
use crate::preempt::current::CURRENT;
use crate::preempt::signals::{self, Effect, Row};
use crate::preempt::timer;
use crate::sys::clock::now_ns;
use crate::sys::exit::abort;
use crate::sys::mem_functions::service;

/// What the handlers know of the process; set once before they are installed.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) inbox: &'static Inbox,
    pub(crate) outbox: &'static Outbox,
    pub(crate) host_text: Range<u64>,
    pub(crate) status: &'static WorkerStatus,
}

pub(crate) static SURROUNDINGS: spin::Once<Surroundings> = spin::Once::new();

/// Whether RIP is in code that runs for the service and holds no state of the host.
pub(crate) fn is_service(rip: u64) -> bool {
    windows::is_text(rip) || service::range().contains(&rip)
}

/// Whether RIP is in the worker program. What is in neither is in the kernel's vDSO.
#[cfg(feature = "torture")]
pub(crate) fn is_program(rip: u64) -> bool {
    SURROUNDINGS.get().is_some_and(|surroundings| surroundings.host_text.contains(&rip))
}

/// Whether a fault at `rip` is the host's own. At an edge it is the service's: what is read there is
/// the service's stack, where its stack pointer says.
fn is_host(rip: u64, surroundings: &Surroundings) -> bool {
    surroundings.host_text.contains(&rip) && !is_service(rip) && Crossing::restart(rip).is_none()
}

pub(crate) extern "C" fn on_preempt(_signal: u32, info: &SigInfo, context: &mut Context) {
    let sequence = CURRENT.sequence();
    let is_timer = info.code() == si_code::TIMER;
    let is_for_another =
        info.code() == si_code::QUEUE && info.value() as u32 != signal_value(sequence);
    if !is_timer && (sequence == 0 || is_for_another) {
        return note_stale();
    }
    if is_timer {
        timer::note_overruns(info.overruns());
    }
    if sequence == 0 {
        return timer::expired(None);
    }
    if CURRENT.is_saved() {
        // It is paused, or about to be: its deadlines move.
        return note_stale();
    }
    let now = now_ns();
    let deadline = due(sequence, now);
    if is_timer {
        timer::expired(Some((deadline, now)));
    } else if deadline == Deadline::None {
        return note_stale();
    }
    preempt(deadline, now, context);
}

/// What is to be done on `deadline` at `context`.
pub(super) fn action(deadline: Deadline, context: &Context) -> Action {
    let is_service = is_service(context.rip());
    decide(CURRENT.at_deadline(), deadline, is_service, CURRENT.is_raised())
}

/// Does what is due on `deadline`, or sets it pending.
pub(super) fn preempt(deadline: Deadline, now_ns: u64, context: &mut Context) {
    let action = action(deadline, context);
    let ends_it = match action {
        // A pause is no preemption: the service goes on.
        Action::Nothing | Action::Pause | Action::Pend(Pending::Pause) => false,
        Action::Pend(pending) => pending > Crossing::get().pending(),
        Action::Raise | Action::Discard => true,
    };
    if ends_it {
        CURRENT.note_action(now_ns, deadline);
    }
    act(action, context);
}

/// Which deadline has passed. The end of a slice is none when nobody waits for it; the soft deadline of what was
/// cancelled is now.
pub(super) fn due(sequence: u64, now_ns: u64) -> Deadline {
    if is_cancelled(sequence) {
        CURRENT.cancel(now_ns);
    }
    match CURRENT.deadline(now_ns) {
        Deadline::Slice if !is_next_waiting(sequence) => Deadline::None,
        deadline => deadline,
    }
}

fn is_cancelled(sequence: u64) -> bool {
    let surroundings = SURROUNDINGS.get();
    surroundings.is_some_and(|it| it.inbox.cancelled.load(Relaxed) == sequence)
}

/// Whether there is a request behind `sequence` in the ring.
fn is_next_waiting(sequence: u64) -> bool {
    let next = sequence.wrapping_add(1);
    SURROUNDINGS.get().is_some_and(|surroundings| {
        surroundings.inbox.requests[index(next, RING_ENTRIES)].is_published(next)
    })
}

fn act(action: Action, context: &mut Context) {
    match action {
        Action::Nothing => {}
        Action::Pend(pending) => pend(pending, context),
        Action::Pause => pause(context),
        Action::Raise => raise(context),
        Action::Discard => discard(Outcome::OverBudget, context),
    }
}

/// Leaves word for the way back to the service.
fn pend(pending: Pending, context: &mut Context) {
    if pending == Pending::Pause {
        // SAFETY: a slice ends only where a frame was set, which stays mapped. Nobody else uses it now:
        // saving a call is marked before it begins, and resuming reads what this does not write.
        unsafe { (*CURRENT.frame()).prepare(context) };
    }
    Crossing::get().pend(pending);
    if let Some(start) = Crossing::restart(context.rip()) {
        context.set_rip(start);
    }
}

/// Saves the service and goes to the recovery point; where there is no room for its registers, it runs
/// on.
fn pause(context: &mut Context) {
    // SAFETY: as in `pend`.
    let frame = unsafe { &mut *CURRENT.frame() };
    // SAFETY: the context is the kernel's, of this handler.
    if !unsafe { frame.save(context) } {
        return;
    }
    CURRENT.set_saved(true);
    // SAFETY: this is the handler, and service text runs inside `enter` or `resume` only.
    unsafe { Redirect::pause().apply(context) };
}

/// Puts a fake frame on the service's stack; where it does not fit, discards.
fn raise(context: &mut Context) {
    match Redirect::raise(&context.registers(), &CURRENT.stack()) {
        Ok(plan) => {
            CURRENT.set_raised();
            CURRENT.judge(Outcome::OverBudget);
            // SAFETY: this is the handler, the plan is from this context, and the stack is the
            // service's, which is running.
            unsafe { plan.apply(context) };
        }
        Err(_) => discard(Outcome::OverBudget, context),
    }
}

fn discard(outcome: Outcome, context: &mut Context) {
    CURRENT.judge(outcome);
    // SAFETY: this is the handler, and service text runs inside `enter` only.
    unsafe { Redirect::discard().apply(context) };
}

pub(crate) extern "C" fn on_fault(signal: u32, info: &SigInfo, context: &mut Context) {
    let (Some(surroundings), Some(row)) = (SURROUNDINGS.get(), signals::row(signal)) else {
        return;
    };
    if info.code() <= 0 {
        // Somebody sent it: nothing faulted.
        return note_stale();
    }
    let is_running = CURRENT.sequence() != 0;
    if is_running && !is_host(context.rip(), surroundings) {
        return in_service(row, info, context);
    }
    if is_running && is_by_flags(signal, info, context) {
        context.clear_flags();
        CURRENT.judge(Outcome::Fault);
        return pend(Pending::Discard, context);
    }
    die(signal, context, surroundings);
}

/// Does what `row` says of service text.
fn in_service(row: &Row, info: &SigInfo, context: &mut Context) {
    let (Effect::Discard(outcome) | Effect::StopOrDiscard(outcome)) = row.in_service else {
        return;
    };
    let stack = CURRENT.stack();
    let guard = stack.start - GUARD_BYTES..stack.start;
    let is_overflow = row.signal == SIGSEGV && guard.contains(&info.fault_address());
    discard(verdict_on(row.signal, outcome, is_overflow), context);
}

/// Whether host text trapped because of flags that only a service sets.
fn is_by_flags(signal: u32, info: &SigInfo, context: &Context) -> bool {
    match signal {
        SIGTRAP => info.code() == si_code::TRACE,
        SIGBUS => info.code() == si_code::MISALIGNED && context.checks_alignment(),
        _ => false,
    }
}

/// What a fault in service text ends it with: `outcome`, unless more is known. A service that aborts while
/// it is being unwound lets nothing pass, as some guards in the standard collections do: what began the
/// raise has ended it.
fn verdict_on(signal: u32, outcome: Outcome, is_overflow: bool) -> Outcome {
    match CURRENT.verdict() {
        _ if is_overflow => Outcome::StackOverflow,
        begun if signal == SIGILL && CURRENT.is_raised() => begun,
        _ => outcome,
    }
}

/// Says where the host faulted and lets the fault repeat with its signal blocked, which ends the process. A
/// call that the filter trapped does not repeat.
fn die(signal: u32, context: &mut Context, surroundings: &Surroundings) {
    surroundings.status.fatal_address.store(context.rip(), Relaxed);
    surroundings.status.fatal_signal.store(signal, Relaxed);
    if signal == SIGSYS {
        abort();
    }
    context.block(signal);
}

/// A service that waited in a host call is about to go on: if its budget is used up at `now_ns`, it is ended at
/// that call, as one that is found there by a signal.
pub(crate) fn expire_in_call(now_ns: u64) {
    if CURRENT.soft_ns() > now_ns {
        return;
    }
    CURRENT.note_action(now_ns, Deadline::Soft);
    Crossing::get().pend(match CURRENT.at_deadline() {
        AtDeadline::Discard => Pending::Discard,
        AtDeadline::WaitForCall | AtDeadline::RaiseHere => Pending::RaiseAtCall,
    });
}

fn note_stale() {
    if let Some(surroundings) = SURROUNDINGS.get() {
        surroundings.status.stale_signals.store(CURRENT.note_stale(), Relaxed);
    }
}
