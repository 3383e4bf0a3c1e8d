//! What meeting a breakpoint does, which the dispatcher stored into the text of a service that is past a deadline.
//!
//! ```text
//!  int3 ─▶ SIGTRAP ─▶ RIP back to the stop point ─▶ acknowledge ─▶ what is due?
//!                                                     pause, discard ─▶ leave at once
//!                                                     raise, pending, nothing ─▶ wait for clean text ─▶ do it
//! ```
//!
//! Whoever runs on does so through the same text, so it waits until the dispatcher has restored that and says so.
//! A processor may have fetched a breakpoint that is restored by now: then no ticket is open, and if nothing
//! is due either, the handler returns, and its `iret` serializes. Half of all traps may be of this kind.
//!
//! Nothing here reads text. Which instructions are stop points is a table of the image; anything else that
//! raises this signal is a fault as ever.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use mote_abi::area::RING_ENTRIES;
use mote_abi::line::index;
use mote_abi::message::Invoke;
use mote_abi::stop::{StopAnswer, StopDemand};
use mote_sigctx::arch::{Context, SigInfo};
use mote_sigctx::preempt::{Action, Deadline};
use mote_sigctx::si_code;

use crate::host::image::Image;
use crate::host::zones;
use crate::preempt::current::CURRENT;
use crate::preempt::handlers::{SURROUNDINGS, Surroundings, action, due, on_fault, preempt};
use crate::sys::clock::now_ns;
use crate::sys::mem_functions::service;

/// What trapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Met {
    /// A breakpoint at a stop point of the running image: its address, and its offset in text.
    StopPoint { rip: u64, offset: u32 },
    /// The trap of a memory function, which goes on behind it.
    MemoryFunction,
}

pub(crate) extern "C" fn on_trap(signal: u32, info: &SigInfo, context: &mut Context) {
    let Some(surroundings) = SURROUNDINGS.get() else { return };
    match met(info, context, surroundings) {
        Some(met) => stop(met, surroundings, context),
        None => on_fault(signal, info, context),
    }
}

fn met(info: &SigInfo, context: &Context, surroundings: &Surroundings) -> Option<Met> {
    let is_breakpoint = info.code() == si_code::KERNEL && context.is_breakpoint();
    if !is_breakpoint || CURRENT.sequence() == 0 {
        return None;
    }
    let rip = context.rip().wrapping_sub(1);
    if service::range().contains(&rip) {
        return Some(Met::MemoryFunction);
    }
    let image = running_image(surroundings)?;
    let offset = u32::try_from(rip.checked_sub(image.text_address())?).ok()?;
    let is_stop_point =
        zones::base().is_text(rip) && image.stop_points().binary_search(&offset).is_ok();
    is_stop_point.then_some(Met::StopPoint { rip, offset })
}

/// The image that runs, as its request says, or as the one that it goes on with said.
fn running_image(surroundings: &Surroundings) -> Option<Image> {
    let sequence = CURRENT.sequence();
    let line = &surroundings.inbox.requests[index(sequence, RING_ENTRIES)];
    let request = Invoke::from_words(line.poll(sequence)?);
    let (zone, record) = match request.resume {
        0 => (request.zone, request.record),
        _ => CURRENT.resumed_image(),
    };
    Some(Image::at(zone, record))
}

fn stop(met: Met, surroundings: &Surroundings, context: &mut Context) {
    let offset = match met {
        Met::StopPoint { rip, offset } => {
            context.set_rip(rip);
            offset
        }
        Met::MemoryFunction => StopAnswer::NO_POINT,
    };
    let demand = &surroundings.inbox.stop;
    let ticket = demand.open();
    match ticket {
        Some(ticket) => surroundings.outbox.stopped.acknowledge(ticket, offset),
        None => note_stale(&surroundings.status.stale_traps),
    }
    // After the look at the ticket: whoever sees one sees a time at which its deadline has passed, too. The
    // other way round, it could be acknowledged and found not to be due.
    let now = now_ns();
    let deadline = due(CURRENT.sequence(), now);
    if leaves(action(deadline, context)) {
        return preempt(deadline, now, context);
    }
    match wait_until_clean(demand, ticket) {
        Ok(()) => preempt(deadline, now, context),
        Err(over_ns) => preempt(Deadline::Hard, over_ns, context),
    }
}

/// Whether no service code runs after that.
fn leaves(action: Action) -> bool {
    matches!(action, Action::Pause | Action::Discard)
}

/// Counts a trap on a breakpoint that is restored. This process alone writes `count`.
fn note_stale(count: &AtomicU32) {
    count.store(count.load(Relaxed).wrapping_add(1), Relaxed);
}

/// Waits until no breakpoint of `ticket` is left, which takes the dispatcher some hundred nanoseconds. If it is kept
/// from that until the hard deadline, of which no signal can tell while this handler runs: when that was.
fn wait_until_clean(demand: &StopDemand, ticket: Option<u64>) -> Result<(), u64> {
    let Some(ticket) = ticket else { return Ok(()) };
    while !demand.is_finished(ticket) {
        let now = now_ns();
        if CURRENT.deadline(now) == Deadline::Hard {
            return Err(now);
        }
        core::hint::spin_loop();
    }
    Ok(())
}
