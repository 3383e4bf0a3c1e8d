//! The end of an invocation: its outcome, a clean slate, and the completion.

use mote_abi::message::{Completion, NOT_PREEMPTED};
use mote_abi::outcome::{Cleanup, Outcome};
use mote_sigctx::arch::{Crossing, CrossingResult, Pending};

use crate::host::Host;
use crate::host::image::Image;
use crate::host::tokens::Tally;
use crate::preempt::current::{CURRENT, saturating_ns};
use crate::sys::clock::now_ns;

/// Cleans up after an invocation that ended with `result`, and says how it ended.
#[inline]
pub(super) fn finish(host: &mut Host, result: CrossingResult, entered_ns: u64) -> Completion {
    let (pending, verdict) = (Crossing::get().pending(), CURRENT.verdict());
    let outcome = outcome(result, host.reply.is_error, pending, verdict);
    let arena_peak_bytes = u32::try_from(host.slots.current.arena.peak_bytes()).unwrap_or(u32::MAX);
    let tally = clean(host);
    let is_told = !matches!(outcome, Outcome::OverBudget | Outcome::Fault) && host.reply.is_given;
    let body_bytes = if is_told { host.reply.bytes } else { 0 };
    host.withhold(body_bytes);
    // A signal that only set something pending, for a service that then returned, preempted nobody.
    let action = CURRENT.action().filter(|_| result != CrossingResult::Returned);
    let (late_ns, cleanup_ns) = match action {
        Some((late_ns, acted_ns)) => (late_ns, saturating_ns(now_ns().saturating_sub(acted_ns))),
        None => (NOT_PREEMPTED, NOT_PREEMPTED),
    };
    Completion {
        entered_ns,
        late_ns,
        cleanup_ns,
        arena_peak_bytes,
        body_bytes: body_bytes as u32,
        tokens_created: tally.created,
        tokens_released: tally.released,
        tokens_reclaimed: tally.reclaimed,
        tokens_double_released: tally.double_released,
        landing_pads: host.unwinding.landing_pads,
        frames: host.unwinding.frames,
        gaps: host.unwinding.gaps,
        log_bytes: host.log_bytes as u16,
        outcome: outcome as u8,
        cleanup: cleanup(result, outcome) as u8,
        ..Completion::default()
    }
}

/// How it ended: by what the service handed over if it returned, else by what was judged. Whatever
/// was under way when the hard deadline passed, that is what ended it. What the service must not do ended
/// it in any case.
fn outcome(result: CrossingResult, is_error: bool, pending: Pending, verdict: Outcome) -> Outcome {
    match (result, is_error) {
        _ if verdict == Outcome::Fault => Outcome::Fault,
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
#[inline]
fn clean(host: &mut Host) -> Tally {
    if host.invoke.data_bytes > 0 {
        Image::of(&host.invoke).zero_data();
    }
    host.clean()
}

fn cleanup(result: CrossingResult, outcome: Outcome) -> Cleanup {
    match result {
        // It returned with flags that made the host's first instruction trap.
        CrossingResult::Returned if outcome == Outcome::Fault => Cleanup::Discarded,
        CrossingResult::Returned => Cleanup::Returned,
        CrossingResult::Unwound => Cleanup::Unwound,
        // One that says it was paused, and was not saved, went to the recovery point by itself.
        CrossingResult::Discarded | CrossingResult::Paused => Cleanup::Discarded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN_UP: [CrossingResult; 2] = [CrossingResult::Unwound, CrossingResult::Discarded];

    #[test]
    fn only_what_returned_is_ok_or_an_error() {
        let (returned, nothing) = (CrossingResult::Returned, Pending::Nothing);
        assert_eq!(outcome(returned, false, nothing, Outcome::OverMemory), Outcome::Ok);
        assert_eq!(outcome(returned, true, nothing, Outcome::Ok), Outcome::Error);
        for result in GIVEN_UP {
            assert_eq!(outcome(result, false, nothing, Outcome::Ok), Outcome::Fault);
            assert_eq!(outcome(result, true, nothing, Outcome::Panicked), Outcome::Panicked);
        }
    }

    #[test]
    fn fault_on_the_way_back_is_no_return() {
        let returned = CrossingResult::Returned;
        assert_eq!(cleanup(returned, Outcome::Fault), Cleanup::Discarded);
        assert_eq!(cleanup(returned, Outcome::Error), Cleanup::Returned);
    }

    #[test]
    fn invocation_refused_at_its_entry_is_over_budget() {
        for pending in [Pending::RaiseHere, Pending::Discard] {
            let refused = outcome(CrossingResult::Discarded, false, pending, Outcome::Ok);
            assert_eq!(refused, Outcome::OverBudget);
        }
    }

    #[test]
    fn fault_is_one_however_the_service_ended() {
        for result in [CrossingResult::Returned, CrossingResult::Unwound, CrossingResult::Discarded]
        {
            for pending in [Pending::Nothing, Pending::Discard] {
                assert_eq!(outcome(result, false, pending, Outcome::Fault), Outcome::Fault);
            }
        }
    }
}
