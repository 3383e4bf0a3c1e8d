//! Leaving a service in the middle when its slice is over, or when it waits in a host call, and going on with it.
//!
//! ```text
//!  host call that waits: registers captured, calls in the outbox ┐
//!  handler, in service text: save frame ─▶ recovery point ───────┐
//!  handler, in host text: pending ─▶ way back: save the call ────┴▶ enter ends: Paused ─▶ suspend ─▶ publish
//!
//!  take: a line that says `resume` ─▶ restore: slot, data, reply, log ┬▶ sigreturn ────────────▶ service …
//!                                                                     └▶ replies, return of the call ─▶ …
//! ```
//!
//! The time of its slices is counted together; deadlines are set anew from what is left of the budget.

use mote_abi::message::{Completion, Invoke, NOT_PREEMPTED};

use crate::host::Host;
use crate::host::host_call::HostCall;
use crate::host::suspend::Remainder;
use crate::preempt::current::{CURRENT, TimeSlice};
use crate::sys::clock::now_ns;
use crate::sys::exit::abort;

/// The service is saved: makes room for the next invocation, and tells where it is.
#[cold]
pub(super) fn suspend(host: &mut Host, entered_ns: u64) -> Completion {
    let left_ns = CURRENT.soft_ns().saturating_sub(now_ns());
    let spent_ns = (u64::from(host.invoke.budget_us) * 1000).saturating_sub(left_ns);
    let call_bytes = host.call.as_ref().map_or(0, |call| call.bytes);
    // Handlers pause only while a slot is free, and calls wait only then.
    let Some(number) = host.suspend(Remainder { left_ns, verdict: CURRENT.verdict() }) else {
        abort()
    };
    CURRENT.set_placement(&host.slots.placement());
    CURRENT.set_saved(false);
    Completion {
        entered_ns,
        late_ns: NOT_PREEMPTED,
        cleanup_ns: NOT_PREEMPTED,
        paused: number + 1,
        spent_us: u32::try_from(spent_ns / 1000).unwrap_or(u32::MAX),
        body_bytes: call_bytes as u32,
        ..Completion::default()
    }
}

/// An invocation that goes on.
pub(super) struct Restored {
    /// What is left of its time.
    pub(super) slice: TimeSlice,
    /// Its own request.
    pub(super) invoke: Invoke,
    /// The host call that it waited in, with what it returns; `None`: it goes on where its frame says.
    pub(super) call: Option<HostCall>,
}

/// Restores the invocation that `request` names, as number `sequence`.
pub(super) fn restore(host: &mut Host, sequence: u64, request: &Invoke) -> Restored {
    let number = request.resume.wrapping_sub(1);
    // The dispatcher resumes what was paused, once.
    let restored = host.restore(sequence, number, request.body_bytes as usize);
    let Some((left, call)) = restored else { abort() };
    CURRENT.set_placement(&host.slots.placement());
    CURRENT.set_resumed_image(&host.invoke);
    let budget_ns = left.left_ns.min(u64::from(request.budget_us) * 1000);
    let slice = TimeSlice { sequence, entered_ns: 0, budget_ns, verdict: left.verdict };
    Restored { slice, invoke: host.invoke, call }
}
