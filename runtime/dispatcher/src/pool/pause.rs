//! What is known of a paused invocation, and what a worker may report of it. Pure.
//!
//! It is an allegation here too ([`PauseHistory::paused`]). Each pause must have used up a slice, and all
//! together no more than the budget: so an invocation cannot be paused for ever. One that waits for upstreams may
//! have used up nothing, and is bounded by the time that it may wait.

use mote_abi::message::Completion;

use crate::config::slicing::Slicing;
use crate::pool::report::{ProtocolViolation, entered_ns};

/// A job's time slices up to its last pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PauseHistory {
    /// The number of the stack slot that it is in.
    pub(crate) slot: u16,
    /// What its latency counts from.
    pub(crate) stamp_ns: u64,
    /// When it entered its service.
    pub(crate) entered_ns: u64,
    /// What it has spent of its budget, in microseconds.
    pub(crate) spent_us: u32,
    /// How often it was paused, but for waits.
    pub(crate) pauses: u32,
}

/// What is known of a job that a worker says it has paused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expectation {
    /// How its worker's jobs share it, if they do.
    pub(crate) slicing: Option<Slicing>,
    /// When its line was published.
    pub(crate) published_ns: u64,
    /// What its latency counts from.
    pub(crate) stamp_ns: u64,
    /// Its budget, in microseconds.
    pub(crate) budget_us: u32,
    /// Its pauses before, if there were any.
    pub(crate) history: Option<PauseHistory>,
}

impl PauseHistory {
    /// Checks what `completion` says of a job's pause, at `now_ns`. `is_taken` knows the stack slots of
    /// other paused jobs of the same worker. Total over all bits.
    pub(crate) fn paused(
        completion: &Completion,
        known: &Expectation,
        is_taken: impl FnOnce(u16) -> bool,
        now_ns: u64,
    ) -> Result<Self, ProtocolViolation> {
        let slicing = known.slicing.ok_or(ProtocolViolation::NotSlicing)?;
        let slot = completion.paused.wrapping_sub(1);
        let can_be = match known.history {
            Some(history) => slot == history.slot,
            None => usize::from(slot) < slicing.stack_slots && !is_taken(slot),
        };
        if !can_be {
            return Err(ProtocolViolation::StackSlot(slot));
        }
        let entered_ns = entered_ns(completion, known.published_ns, now_ns)?;
        let spent_us = completion.spent_us;
        let before_us = known.history.map_or(0, |history| history.spent_us);
        let is_wait = completion.body_bytes > 0;
        let used_us = match slicing.slice_us {
            _ if is_wait && before_us >= known.budget_us => {
                return Err(ProtocolViolation::WaitAfterEnd);
            }
            _ if is_wait && slicing.may_wait => 0,
            Some(slice_us) if !is_wait => slice_us,
            _ => return Err(ProtocolViolation::NotSlicing),
        };
        let least_us = u64::from(before_us) + u64::from(used_us);
        let most_us = u64::from(known.budget_us);
        if !(least_us..=most_us).contains(&spent_us.into()) {
            return Err(ProtocolViolation::Spent { spent_us, least_us, most_us });
        }
        Ok(Self {
            slot,
            stamp_ns: known.stamp_ns,
            entered_ns: known.history.map_or(entered_ns, |history| history.entered_ns),
            spent_us,
            pauses: known
                .history
                .map_or(0, |history| history.pauses)
                .saturating_add(u32::from(!is_wait)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SLICING: Slicing = Slicing { slice_us: Some(50), may_wait: true, stack_slots: 4 };

    const FIRST: Expectation = Expectation {
        slicing: Some(SLICING),
        published_ns: 1_000,
        stamp_ns: 900,
        budget_us: 120,
        history: None,
    };

    fn claim(
        known: &Expectation,
        paused: u16,
        spent_us: u32,
    ) -> Result<PauseHistory, ProtocolViolation> {
        let completion = Completion { entered_ns: 1_500, paused, spent_us, ..Default::default() };
        PauseHistory::paused(&completion, known, |slot| slot == 1, 100_000)
    }

    #[test]
    fn pauses_are_counted_until_the_budget_is_spent() {
        let history = claim(&FIRST, 3, 50).unwrap();
        let first =
            PauseHistory { slot: 2, stamp_ns: 900, entered_ns: 1_500, spent_us: 50, pauses: 1 };
        assert_eq!(history, first);
        let second =
            Expectation { history: Some(PauseHistory { entered_ns: 1_100, ..history }), ..FIRST };
        let history = claim(&second, 3, 101).unwrap();
        assert_eq!((history.entered_ns, history.spent_us, history.pauses), (1_100, 101, 2));
        let third = Expectation { history: Some(history), ..FIRST };
        let refused = claim(&third, 3, 120).unwrap_err();
        assert_eq!(
            refused,
            ProtocolViolation::Spent { spent_us: 120, least_us: 151, most_us: 120 }
        );
    }

    #[test]
    fn pause_is_refused_where_it_cannot_be() {
        assert_eq!(
            claim(&Expectation { slicing: None, ..FIRST }, 1, 50),
            Err(ProtocolViolation::NotSlicing)
        );
        for (paused, slot) in [(2, 1), (5, 4), (0, 65_535), (255, 254)] {
            assert_eq!(claim(&FIRST, paused, 50), Err(ProtocolViolation::StackSlot(slot)));
        }
        let elsewhere = Expectation { history: Some(claim(&FIRST, 3, 50).unwrap()), ..FIRST };
        assert_eq!(claim(&elsewhere, 4, 100), Err(ProtocolViolation::StackSlot(3)));
    }

    #[test]
    fn pause_is_refused_before_a_slice_is_over_and_after_the_budget() {
        for spent_us in [0, 49, 121, u32::MAX] {
            assert!(matches!(claim(&FIRST, 1, spent_us), Err(ProtocolViolation::Spent { .. })));
        }
        let later = Expectation { published_ns: 50_000, ..FIRST };
        assert!(matches!(claim(&later, 1, 50), Err(ProtocolViolation::Entered { .. })));
    }

    proptest! {
        /// Whatever a worker says, a job is paused at most once for each slice in its budget.
        #[test]
        fn job_is_not_paused_for_ever(
            claims in prop::collection::vec((any::<[u64; 7]>(), any::<u32>()), 0..200),
            slice_us in 10..1_000_u32, budget_us in 1..20_000_u32,
        ) {
            let slicing =
                Some(Slicing { slice_us: Some(slice_us), may_wait: true, stack_slots: 300 });
            let mut known = Expectation { slicing, budget_us, published_ns: 0, ..FIRST };
            for (words, spent_us) in claims {
                // Any words, and some that are likelier to be believed.
                for likely in [false, true] {
                    let mut completion = Completion::from_words(words);
                    if likely {
                        let slot = known.history.map_or(0, |history| history.slot);
                        completion.paused = slot + 1;
                        completion.spent_us = spent_us % budget_us.saturating_mul(2);
                    }
                    if let Ok(history) = PauseHistory::paused(&completion, &known, |_| false, u64::MAX) {
                        prop_assert!(history.spent_us <= budget_us);
                        known.history = Some(history);
                    }
                }
            }
            let pauses = known.history.map_or(0, |history| history.pauses);
            prop_assert!(pauses <= budget_us / slice_us);
        }
    }
}
