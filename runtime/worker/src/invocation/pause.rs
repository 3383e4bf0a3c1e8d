//! Suspending an invocation when its slice is over, and going on with it.
//!
//! ```text
//!  handler, in service text: keep frame ─▶ recovery point ─┐
//!  handler, in host text: pending ─▶ way back: keep call ──┴▶ enter ends: Paused ─▶ suspend ─▶ publish
//!
//!  take: a line that says `resume` ─▶ resume: slot, data, reply, log ─▶ sigreturn ─▶ service …
//! ```
//!
//! An invocation that is paused keeps its stack, its arena and its handles in its stack slot. What others
//! use meanwhile goes to its saved_state and comes back: the data segment of its image (another invocation of
//! it may run), and what lies in the outbox (its line will be another one). Nothing of it is seen by
//! whatever runs next, as after its end.
//!
//! The time of its slices is counted together; deadlines are set anew from what is left of the budget.

use mote_abi::message::{Completion, Invoke, NOT_PREEMPTED};
use mote_sigctx::arch::{self, Crossing, CrossingResult, Pending};

use crate::host::saved_state::{Part, SavedInvocation};
use crate::host::{self, Host};
use crate::invocation::run::{catch_up, conclude, record, zero_data};
use crate::preempt::current::{CURRENT, TimeSlice};
use crate::preempt::timer;
use crate::sys::clock::now_ns;
use crate::sys::exit::abort;

/// Pauses the service on its way back from a host call, with its registers captured.
///
/// # Safety
/// Called by the crossing on the host stack during an invocation, with no reference to the host in use
/// and nothing on the stack.
pub unsafe fn leave() -> ! {
    // From here on, no handler touches the frame.
    CURRENT.set_saved(true);
    // SAFETY: a pause is pending only where a frame was set, and a handler prepared it.
    unsafe { (*CURRENT.frame()).save_call(&Crossing::get().captured()) };
    // SAFETY: passed on to the caller.
    unsafe { arch::leave(CrossingResult::Paused) }
}

/// The service is kept: makes room for the next invocation, and tells where it is.
#[cold]
pub fn suspend(host: &mut Host, entered_ns: u64) -> Completion {
    let left_ns = CURRENT.soft_ns().saturating_sub(now_ns());
    let Some(number) = save(host, left_ns) else { abort() };
    let spent_ns = (u64::from(host.invoke.budget_us) * 1000).saturating_sub(left_ns);
    if !host.change_to_free() {
        // Handlers pause only while a slot is free.
        abort();
    }
    CURRENT.set_saved(false);
    Completion {
        entered_ns,
        late_ns: NOT_PREEMPTED,
        cleanup_ns: NOT_PREEMPTED,
        paused: number + 1,
        spent_us: u32::try_from(spent_ns / 1000).unwrap_or(u32::MAX),
        ..Completion::default()
    }
}

/// Puts everything of the invocation on the saved_state that does not stay in its slot. The slot's number.
fn save(host: &mut Host, left_ns: u64) -> Option<u8> {
    let saved_state = host.saved_state.as_ref()?;
    if host.invoke.data_bytes > 0 {
        let record = record(&host.invoke);
        // SAFETY: the loader checked that the segment lies in the data window, which is this worker's.
        unsafe { saved_state.save(Part::Data, data(&host.invoke), record.data_bytes as usize) };
        zero_data(&record);
    }
    // SAFETY: the log lies in the outbox.
    unsafe { saved_state.save(Part::Log, host.areas.log(host.sequence), host.log_bytes) };
    // SAFETY: the reply lies in the outbox.
    unsafe { saved_state.save(Part::Reply, host.areas.reply(host.sequence), host.reply.bytes) };
    saved_state.keep(SavedInvocation {
        invoke: host.invoke,
        left_ns,
        verdict: CURRENT.verdict(),
        reply: host.reply,
        log_bytes: host.log_bytes,
        tokens: core::mem::take(&mut host.tokens),
    });
    Some(saved_state.number())
}

/// Goes on with the invocation that `request` names, as number `sequence`.
///
/// # Safety
/// As [`run::run`](crate::invocation::run::run::run).
#[cold]
pub unsafe fn resume(sequence: u64, request: &Invoke) -> Completion {
    // SAFETY: the caller's promise; the reference ends before the service goes on.
    let host = unsafe { host::get() };
    catch_up(host, request.generation);
    // The dispatcher resumes what was paused, once.
    let Some(turn) = restore(host, sequence, request) else { abort() };
    let (invoke, running) = (host.invoke, &host.areas.outbox().running);

    Crossing::get().set_pending(Pending::Nothing);
    let turn = TimeSlice { entered_ns: now_ns(), ..turn };
    CURRENT.begin(&turn, &invoke);
    timer::begin();
    running.set(sequence, turn.entered_ns);
    // SAFETY: the service was kept in this frame: its slot is in use again, and the slot that was is
    // free, so there is a frame. Its stack, arena, data and handles are as it left them.
    let ending = unsafe { arch::resume(CURRENT.frame()) };
    // SAFETY: the service is over, or kept again, and with it every host call.
    unsafe { conclude(ending, turn.entered_ns) }
}

/// Puts everything back where the service and the host look for it.
fn restore(host: &mut Host, sequence: u64, request: &Invoke) -> Option<TimeSlice> {
    let kept = host.change_to_paused(usize::from(request.resume).checked_sub(1)?)?;
    let saved_state = host.saved_state.as_ref()?;
    if kept.invoke.data_bytes > 0 {
        let bytes = record(&kept.invoke).data_bytes as usize;
        // SAFETY: as in `save`; an image stays where it is while an invocation of it is outstanding.
        unsafe { saved_state.restore(Part::Data, data(&kept.invoke), bytes) };
    }
    // SAFETY: the outbox has room for a log there.
    unsafe { saved_state.restore(Part::Log, host.areas.log(sequence), kept.log_bytes) };
    // SAFETY: the outbox has room for a body there.
    unsafe { saved_state.restore(Part::Reply, host.areas.reply(sequence), kept.reply.bytes) };
    let turn =
        TimeSlice { sequence, entered_ns: 0, budget_ns: kept.left_ns, verdict: kept.verdict };
    host.go_on(sequence, kept);
    Some(turn)
}

/// Where the data segment of an image lies.
fn data(invoke: &Invoke) -> *mut u8 {
    let record = record(invoke);
    (record.windows().data() + u64::from(record.slot)) as *mut u8
}
