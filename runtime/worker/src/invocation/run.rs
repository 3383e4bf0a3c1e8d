//! One run of a service, from a taken request to a clean slate and a completion.
//!
//! ```text
//!  take ─▶ prepare: serialize, data window, arena ─▶ enter ─▶ service … ─▶ CrossingResult
//!                                                                           │
//!  publish ◀─ completion ◀─ clean: arena, data window, tokens ◀─────────────┘
//! ```
//!
//! One that is paused instead is [`pause`]'s.

use core::ptr;

use mote_abi::image::ImageHeader;
use mote_abi::message::{Completion, Invoke, NOT_PREEMPTED};
use mote_abi::outcome::{Cleanup, Heap, Outcome};
use mote_alloc::HeapKind;
use mote_sigctx::arch::{Crossing, CrossingResult, Pending, enter};

use crate::host::{self, Host};
use crate::invocation::pause;
use crate::preempt::current::{CURRENT, TimeSlice, saturating_ns};
use crate::preempt::timer;
use crate::sys::clock::{about_now_ns, now_ns};
use crate::sys::serialize::serialize;

/// Runs request `sequence` and returns what became of it.
///
/// Inlined into the loop, so that request and completion stay in registers between the ring's lines and
/// the host.
///
/// # Safety
/// The host is set, no reference to it is in use, and the request comes from the dispatcher, which
/// placed its image.
#[inline]
pub unsafe fn run(sequence: u64, invoke: Invoke) -> Completion {
    if invoke.resume != 0 {
        // SAFETY: passed on to the caller.
        return unsafe { pause::resume(sequence, &invoke) };
    }
    // SAFETY: the caller's promise; the reference ends before `enter`.
    let host = unsafe { host::get() };
    prepare_image(host, &invoke);
    // The clock takes its time; what follows goes on meanwhile.
    let entered_ns = about_now_ns();
    host.begin(sequence, invoke);
    host.arena.begin(heap_kind(invoke.heap()), invoke.memory_kib as usize * 1024);
    let entry = invoke.windows().text() + u64::from(invoke.entry);
    let (body, stack_top) = (host.body, host.stack.end);
    let running = &host.areas.outbox().running;

    Crossing::get().set_pending(Pending::Nothing);
    let budget_ns = u64::from(invoke.budget_us) * 1000;
    CURRENT.begin(&TimeSlice { sequence, entered_ns, budget_ns, verdict: Outcome::Ok }, &invoke);
    timer::begin();
    running.set(sequence, entered_ns);
    // SAFETY: the loader found the entry to be the image's; the stack is mapped above a guard; this is
    // the only `enter` of the process.
    let ending = unsafe { enter(entry, body, u64::from(invoke.body_bytes), stack_top) };
    // SAFETY: the service is over, or kept, and with it every host call.
    unsafe { conclude(ending, entered_ns) }
}

/// What to tell of an invocation whose service runs no more, or not now.
///
/// # Safety
/// `enter` or `resume` came back with `ending`, and no reference to the host is in use.
#[inline]
pub(crate) unsafe fn conclude(ending: CrossingResult, entered_ns: u64) -> Completion {
    CURRENT.end();
    // SAFETY: passed on to the caller.
    let host = unsafe { host::get() };
    if ending == CrossingResult::Paused && CURRENT.is_saved() {
        return pause::suspend(host, entered_ns);
    }
    finish(host, ending, entered_ns)
}

/// What the worker must know of the image that `invoke` runs.
#[must_use]
pub fn record(invoke: &Invoke) -> ImageHeader {
    let address = invoke.windows().rodata() + u64::from(invoke.record);
    // SAFETY: the loader put a record there, aligned, and leaves it while an invocation is
    // outstanding; the window is mapped.
    unsafe { (address as *const ImageHeader).read() }
}

#[inline]
fn prepare_image(host: &mut Host, invoke: &Invoke) {
    catch_up(host, invoke.generation);
    if invoke.data_bytes > 0 {
        fill_data(&record(invoke));
    }
}

/// Serializes if images were placed since this processor last did.
#[inline]
pub(crate) fn catch_up(host: &mut Host, generation: u32) {
    if generation != host.generation {
        serialize();
        host.generation = generation;
    }
}

#[inline]
fn finish(host: &mut Host, ending: CrossingResult, entered_ns: u64) -> Completion {
    let (pending, verdict) = (Crossing::get().pending(), CURRENT.verdict());
    let outcome = outcome(ending, host.reply.is_error, pending, verdict);
    let arena_peak_bytes = u32::try_from(host.arena.peak_bytes()).unwrap_or(u32::MAX);
    let tally = clean(host);
    let has_body = outcome != Outcome::OverBudget && host.reply.is_given;
    // A signal that only left word, for a service that then returned, preempted nobody.
    let action = CURRENT.action().filter(|_| ending != CrossingResult::Returned);
    let (late_ns, cleanup_ns) = match action {
        Some((late_ns, acted_ns)) => (late_ns, saturating_ns(now_ns().saturating_sub(acted_ns))),
        None => (NOT_PREEMPTED, NOT_PREEMPTED),
    };
    Completion {
        entered_ns,
        late_ns,
        cleanup_ns,
        arena_peak_bytes,
        body_bytes: if has_body { host.reply.bytes as u32 } else { 0 },
        tokens_created: tally.created,
        tokens_released: tally.released,
        tokens_reclaimed: tally.reclaimed,
        tokens_double_released: tally.double_released,
        landing_pads: host.unwinding.landing_pads,
        frames: host.unwinding.frames,
        gaps: host.unwinding.gaps,
        log_bytes: host.log_bytes as u16,
        outcome: outcome as u8,
        cleanup: cleanup(ending) as u8,
        ..Completion::default()
    }
}

/// How it ended: by what the service handed over if it returned, else by what was judged. Whatever
/// was under way when the hard deadline passed, that is what ended it.
fn outcome(ending: CrossingResult, is_error: bool, pending: Pending, verdict: Outcome) -> Outcome {
    match (ending, is_error) {
        (CrossingResult::Returned, false) => Outcome::Ok,
        (CrossingResult::Returned, true) => Outcome::Error,
        // A discard, or a raise that was due before the service was entered.
        _ if pending >= Pending::RaiseHere => Outcome::OverBudget,
        // Nobody ended it: it went where it must not.
        _ if verdict == Outcome::Ok => Outcome::Fault,
        _ => verdict,
    }
}

/// Leaves nothing of the invocation behind.
fn clean(host: &mut Host) -> crate::host::tokens::Tally {
    host.arena.discard();
    if host.invoke.data_bytes > 0 {
        zero_data(&record(&host.invoke));
    }
    if let Some(saved_state) = &host.saved_state {
        saved_state.clear_request(host.invoke.body_bytes as usize);
    }
    host.tokens.reclaim()
}

/// Makes the image's data segment what it was when linked.
#[cold]
fn fill_data(record: &ImageHeader) {
    let pristine = (record.windows().rodata() + u64::from(record.pristine)) as *const u8;
    let data = (record.windows().data() + u64::from(record.slot)) as *mut u8;
    let (copied, whole) = (record.pristine_bytes as usize, record.data_bytes as usize);
    // SAFETY: the loader checked that both lie in their windows; the data window is this worker's own.
    unsafe { ptr::copy_nonoverlapping(pristine, data, copied) };
    // SAFETY: the same. The rest is zero already, unless a broken service wrote into another's slot.
    unsafe { data.wrapping_add(copied).write_bytes(0, whole.saturating_sub(copied)) };
}

#[cold]
pub(crate) fn zero_data(record: &ImageHeader) {
    let data = (record.windows().data() + u64::from(record.slot)) as *mut u8;
    // SAFETY: as in `fill_data`.
    unsafe { data.write_bytes(0, record.data_bytes as usize) };
}

fn cleanup(ending: CrossingResult) -> Cleanup {
    match ending {
        CrossingResult::Returned => Cleanup::Returned,
        CrossingResult::Unwound => Cleanup::Unwound,
        // One that says it was paused, and was not kept, went to the recovery point by itself.
        CrossingResult::Discarded | CrossingResult::Paused => Cleanup::Discarded,
    }
}

#[inline]
fn heap_kind(heap: Heap) -> HeapKind {
    match heap {
        Heap::Bump => HeapKind::Bump,
        Heap::General => HeapKind::General,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN_UP: [CrossingResult; 2] = [CrossingResult::Unwound, CrossingResult::Discarded];

    #[test]
    fn only_what_returned_is_ok_or_an_error() {
        let nothing = Pending::Nothing;
        assert_eq!(
            outcome(CrossingResult::Returned, false, nothing, Outcome::OverMemory),
            Outcome::Ok
        );
        assert_eq!(outcome(CrossingResult::Returned, true, nothing, Outcome::Ok), Outcome::Error);
        for ending in GIVEN_UP {
            assert_eq!(outcome(ending, false, nothing, Outcome::Ok), Outcome::Fault);
            assert_eq!(outcome(ending, true, nothing, Outcome::Panicked), Outcome::Panicked);
        }
    }

    #[test]
    fn invocation_refused_at_its_entry_is_over_budget() {
        for pending in [Pending::RaiseHere, Pending::Discard] {
            let refused = outcome(CrossingResult::Discarded, false, pending, Outcome::Ok);
            assert_eq!(refused, Outcome::OverBudget);
        }
    }
}
