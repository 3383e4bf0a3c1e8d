//! The trap handler: in the parent, a fork before each selected instruction; in a child that is to be
//! preempted twice, the count to the second time.
//!
//! Called by the kernel on the alternate stack; SIGTRAP and SIGALRM wait while it runs. Decisions are
//! [`mote_sigctx::step`]'s.

use core::sync::atomic::Ordering::Relaxed;

use linux_raw_sys::general::SIGTRAP;
use mote_abi::outcome::Outcome;
use mote_abi::torture::{MAX_RECORDS, Record, SweepRequest, facts};
use mote_sigctx::arch::{Context, SigInfo, TRAP_FLAG};
use mote_sigctx::si_code;
use mote_sigctx::signal::{self, Errno, PREEMPT};
use mote_sigctx::step::{Selection, is_pushf, second_distance};

use crate::preempt::current::CURRENT;
use crate::preempt::handlers::{is_service, on_fault};
use crate::preempt::planted;
use crate::sys::exit::exit;
use crate::sys::stepping::{self, LeftOut};
use crate::torture::injection;
use crate::torture::sys::recovery::RecoveryPoint;
use crate::torture::sys::state::{Role, State, state};
use crate::torture::sys::{self, results};

/// Exit status of a torture worker that cannot fork.
const NO_FORK: i32 = 74;

/// Installs the trap handler in place of the production one.
///
/// # Errors
/// The kernel's.
pub fn install() -> Result<(), Errno> {
    // SAFETY: the handler allocates nothing and edits service contexts only through the production
    // handler; traps of another kind it hands on.
    unsafe { signal::install(SIGTRAP, on_trap, &[PREEMPT]) }
}

/// Starts stepping: the next instructions of this process trap.
pub fn begin(request: &SweepRequest) {
    // SAFETY: nothing traps yet, and the reference ends before anything does.
    let state = unsafe { state() };
    state.selection = Selection {
        first: request.first.load(Relaxed),
        end: request.end.load(Relaxed),
        every: request.every.load(Relaxed),
    };
    state.reaches_host = request.reaches_host.load(Relaxed) != 0;
    state.second = (request.second_first.load(Relaxed), request.second_end.load(Relaxed));
    state.grace_ns = u64::from(request.grace_us.load(Relaxed)) * 1000;
    state.give_up_ns = u64::from(request.give_up_us.load(Relaxed)) * 1000;
    state.is_pausing = request.is_pausing.load(Relaxed) != 0;
    state.role = Role::Parent;
    if request.is_planted.load(Relaxed) != 0 {
        planted::plant();
    }
    stepping::leave_out(if state.reaches_host { LeftOut::Nothing } else { LeftOut::Walk });
    stepping::start();
}

/// Stops stepping, and says what this process has become.
#[must_use]
pub fn end() -> Role {
    // From here on no trap makes this process another.
    stepping::stop();
    // SAFETY: as in `begin`.
    match unsafe { state() }.role {
        Role::ChildBetween { .. } => Role::Child,
        role => role,
    }
}

/// In a child: the record of its injection.
#[must_use]
pub fn record() -> Record {
    // SAFETY: a child that has ended does not trap.
    unsafe { state() }.record
}

/// In a child: whether the recovery point was as `enter` made it when the injection came, and is still
/// where it was.
#[must_use]
pub fn is_recovery_point_kept() -> bool {
    // SAFETY: as in `record`.
    let state = unsafe { state() };
    state.is_recovery_point_kept && state.recovery.is_none_or(RecoveryPoint::is_there)
}

/// In a child: the invocation was paused, and goes on from another recovery point.
pub fn note_pause() {
    // SAFETY: as in `record`.
    let state = unsafe { state() };
    state.recovery = None;
    state.record.facts |= facts::PAUSED;
}

extern "C" fn on_trap(signal: u32, info: &SigInfo, context: &mut Context) {
    if info.code() != si_code::TRACE {
        return on_fault(signal, info, context);
    }
    // SAFETY: the kernel masks SIGTRAP while this runs.
    let state = unsafe { state() };
    repair(state.steps.last_rip(), context);
    if !stepping::is_on() {
        return context.set_stepping(false);
    }
    match state.role {
        Role::Idle | Role::Child => context.set_stepping(false),
        Role::Parent => {
            context.set_stepping(true);
            on_parent_step(state, context);
        }
        Role::ChildBetween { left } => {
            context.set_stepping(true);
            on_child_step(state, left, context);
        }
    }
}

/// Takes the trap flag out of what `pushf` just pushed.
fn repair(last_rip: u64, context: &Context) {
    if last_rip == 0 {
        return;
    }
    // SAFETY: the instruction there was just executed, so its first byte is readable; an executable
    // mapping does not end in the middle of the next one's.
    let instruction = unsafe { (last_rip as *const [u8; 2]).read_unaligned() };
    if !is_pushf(instruction) {
        return;
    }
    let pushed = context.rsp() as *mut u64;
    // SAFETY: `pushf` has just written there.
    let flags = unsafe { pushed.read_unaligned() };
    // SAFETY: the same.
    unsafe { pushed.write_unaligned(flags & !TRAP_FLAG) };
}

fn on_parent_step(state: &mut State, context: &mut Context) {
    let rip = context.rip();
    let is_in_reach = state.is_in_reach(rip);
    let Some(number) = state.steps.at(rip, is_in_reach) else { return };
    if is_service(rip) {
        let found = RecoveryPoint::now();
        state.is_recovery_point_kept = *state.recovery.get_or_insert(found) == found;
    }
    let head = results::head();
    if number >= state.selection.end || results::completed() as usize == MAX_RECORDS {
        exit(0);
    }
    head.progress.instructions.store(number + 1, Relaxed);
    if !state.selection.has(number) {
        return;
    }
    state.record = Record { rip, number: number as u32, ..Record::default() };
    match sys::fork() {
        Ok(None) => become_child(state, context),
        Ok(Some(child)) => take_back(state, sys::wait(child)),
        Err(_) => exit(NO_FORK),
    }
}

/// In the child: injects. What happens then is the production code's doing.
fn become_child(state: &mut State, context: &mut Context) {
    context.set_stepping(false);
    stepping::leave_out(LeftOut::Nothing);
    state.role = Role::Child;
    if state.is_pausing {
        return injection::pause(context, state.give_up_ns);
    }
    injection::inject(context, state.grace_ns, state.give_up_ns);
    let (first, end) = state.second;
    if let Some(left) = second_distance(state.record.number.into(), first, end) {
        state.role = Role::ChildBetween { left };
        stepping::leave_out(LeftOut::Probe);
        context.set_stepping(true);
    }
}

/// In the parent: a child that did not report is a record too.
fn take_back(state: &State, status: u32) {
    if status != 0 {
        let worker = &results::head().status;
        let fatal_address = worker.fatal_address.swap(0, Relaxed) as u32;
        results::complete(Record { status, fatal_address, ..state.record });
    }
    results::count();
}

/// Counts the steps of a cleanup that has begun, and preempts it.
fn on_child_step(state: &mut State, left: u32, context: &mut Context) {
    let rip = context.rip();
    let _counted = state.steps.at(rip, true);
    if CURRENT.sequence() != 0 && CURRENT.verdict() != Outcome::OverBudget {
        return;
    }
    if left > 1 {
        state.role = Role::ChildBetween { left: left - 1 };
        return;
    }
    context.set_stepping(false);
    state.role = Role::Child;
    stepping::leave_out(LeftOut::Nothing);
    state.record.second_rip = rip;
    injection::inject_again(context);
}
