//! One run of a service, from a taken request to a completion.
//!
//! ```text
//!  take ─▶ prepare: serialize, data window, arena ─▶ enter ──▶ service … ─▶ CrossingResult
//!    └───▶ restore: slot, data, reply, log ────────▶ resume ─▶ service … ─▶   │
//!                                                                              │
//!  publish ◀─ completion ◀─ finish: arena, data window, tokens ◀───────────────┤
//!     └────── completion ◀─ pause: saved state, another slot ◀─────────────────┘
//! ```

use mote_abi::area::Running;
use mote_abi::image::state;
use mote_abi::message::{Completion, Invoke};
use mote_abi::outcome::{Heap, Outcome};
use mote_alloc::HeapKind;
use mote_sigctx::arch::{self, Crossing, CrossingResult, Pending, Resets};

use crate::host::image::Image;
use crate::host::{Host, lend, zones};
use crate::invocation::{finish, pause};
use crate::preempt::current::{CURRENT, TimeSlice};
use crate::preempt::{handlers, timer};
use crate::sys::clock::{about_now_ns, now_ns};
use crate::sys::serialize::serialize;

/// Runs request `sequence` and returns what became of it.
///
/// Inlined into the loop, so that request and completion stay in registers between the ring's lines and
/// the host.
///
/// # Safety
/// The request comes from the dispatcher, which placed its image; and no other run is under way.
#[inline]
pub unsafe fn run(sequence: u64, invoke: Invoke) -> Completion {
    if invoke.resume != 0 {
        // SAFETY: passed on to the caller.
        return unsafe { resume(sequence, &invoke) };
    }
    let start = lend(|host| prepare(host, sequence, invoke));
    let budget_ns = u64::from(invoke.budget_us) * 1000;
    let entered_ns = start.entered_ns;
    begin(&TimeSlice { sequence, entered_ns, budget_ns, verdict: Outcome::Ok }, &invoke);
    start.running.set(sequence, entered_ns);
    // SAFETY: the loader found the entry to be the image's; the stack is mapped above a guard; this is
    // the only `enter` of the process.
    let result = unsafe {
        arch::enter(start.entry, start.body, u64::from(invoke.body_bytes), start.stack_top)
    };
    conclude(result, entered_ns)
}

/// What a service is entered with.
struct Start {
    entry: u64,
    body: u64,
    stack_top: u64,
    entered_ns: u64,
    running: &'static Running,
}

#[inline]
fn prepare(host: &mut Host, sequence: u64, invoke: Invoke) -> Start {
    host.forget_signals();
    catch_up(host, invoke.generation);
    if invoke.data_bytes > 0 {
        Image::of(&invoke).fill_data();
    }
    // The clock takes its time; what follows goes on meanwhile.
    let entered_ns = about_now_ns();
    host.begin(sequence, invoke);
    let slot = &mut host.slots.current;
    slot.arena.begin(heap_kind(invoke.heap()), invoke.memory_kib as usize * 1024);
    let entry = zones::base().windows(invoke.zone).text() + u64::from(invoke.entry);
    let running = &host.areas.outbox().running;
    Start { entry, body: host.body, stack_top: slot.stack.end, entered_ns, running }
}

/// Goes on with the invocation that `request` names, as number `sequence`.
///
/// # Safety
/// As [`run`].
#[cold]
unsafe fn resume(sequence: u64, request: &Invoke) -> Completion {
    let (running, restored) = lend(|host| {
        host.forget_signals();
        catch_up(host, request.generation);
        (&host.areas.outbox().running, pause::restore(host, sequence, request))
    });
    let slice = TimeSlice { entered_ns: now_ns(), ..restored.slice };
    begin(&slice, &restored.invoke);
    running.set(sequence, slice.entered_ns);
    if let Some(call) = &restored.call {
        handlers::expire_in_call(slice.entered_ns);
        // SAFETY: the call captured these, and the service was left in it: its slot is in use again, and its
        // stack, arena, data and handles are as it left them.
        let result = unsafe { arch::reenter(&call.registers, &call.control_words) };
        return conclude(result, slice.entered_ns);
    }
    // SAFETY: the service was saved in this frame: its slot is in use again, and the slot that was is
    // free, so there is a frame. Its stack, arena, data and handles are as it left them.
    let result = unsafe { arch::resume(CURRENT.frame()) };
    conclude(result, slice.entered_ns)
}

/// Service code is about to run.
#[inline]
fn begin(slice: &TimeSlice, invoke: &Invoke) {
    let crossing = Crossing::get();
    crossing.set_pending(Pending::Nothing);
    crossing.set_resets(resets(invoke.state));
    CURRENT.begin(slice, invoke);
    timer::begin();
}

/// What an image with these bits of [`state`] can change besides vector registers.
#[inline]
fn resets(bits: u8) -> Resets {
    let has = |any: u32| u32::from(bits) & any != 0;
    // MXCSR is reset after each run.
    Resets {
        has_state: has(state::X87 | state::MMX | state::FLAGS | state::SEGMENTS),
        has_segments: has(state::SEGMENTS),
    }
}

/// What to tell of an invocation whose service runs no more, or not now.
#[inline]
fn conclude(result: CrossingResult, entered_ns: u64) -> Completion {
    CURRENT.end();
    lend(|host| {
        if result == CrossingResult::Returned {
            host.forget_calls();
        } else {
            host.forget_registers();
        }
        if result == CrossingResult::Paused && CURRENT.is_saved() {
            pause::suspend(host, entered_ns)
        } else {
            finish::finish(host, result, entered_ns)
        }
    })
}

/// Serializes if images were placed since this processor last did.
#[inline]
fn catch_up(host: &mut Host, generation: u32) {
    if generation != host.generation {
        serialize();
        host.generation = generation;
    }
}

#[inline]
fn heap_kind(heap: Heap) -> HeapKind {
    match heap {
        Heap::Bump => HeapKind::Bump,
        Heap::General => HeapKind::General,
    }
}
