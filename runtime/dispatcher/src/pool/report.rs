//! What a worker reports of an ended invocation: an allegation, checked before anything uses it.
//!
//! A worker that reports what cannot be is hostile or broken, and so is all else that it reports: the caller
//! kills it. What a *service* hands over is another matter: its texts may be any bytes, and only its own
//! response suffers.

use mote_abi::area::{BODY_BYTES, LOG_BYTES};
use mote_abi::message::{Completion, NOT_PREEMPTED};
use mote_abi::outcome::{Cleanup, Outcome};
use thiserror::Error;

use crate::job::completed::{Tokens, Unwinding};

/// How much before its publishing, or after now, a request may seem to have been entered, in
/// nanoseconds: what a processor executes ahead of what it waits for takes less.
const ASTRAY_NS: u64 = 1_000;

/// A completion whose every field is in range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) outcome: Outcome,
    pub(crate) cleanup: Cleanup,
    pub(crate) entered_ns: u64,
    pub(crate) late_ns: Option<u64>,
    pub(crate) cleanup_ns: Option<u64>,
    pub(crate) arena_peak_bytes: u64,
    pub(crate) body_bytes: usize,
    pub(crate) log_bytes: usize,
    pub(crate) tokens: Tokens,
    pub(crate) unwinding: Unwinding,
}

/// A report that cannot be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum ProtocolViolation {
    #[error("it claimed outcome {0}, which no worker can report")]
    Outcome(u8),
    #[error("it claimed cleanup {0}, which does not exist")]
    Cleanup(u8),
    #[error("it claimed outcome {outcome} with cleanup {cleanup}; only ok and error are returned")]
    CrossingResult { outcome: Outcome, cleanup: Cleanup },
    #[error("it claimed a body of {0} bytes; the limit is {BODY_BYTES}")]
    BodyBytes(u32),
    #[error("it claimed a log of {0} bytes; the limit is {LOG_BYTES}")]
    LogBytes(u16),
    #[error(
        "it claimed to have entered the service at {entered_ns} ns, which is not between the \
         request's publishing at {published_ns} ns and now, {now_ns} ns"
    )]
    Entered { entered_ns: u64, published_ns: u64, now_ns: u64 },
    #[error(
        "it claimed to have paused an invocation, and was told no slice, nor that any may wait"
    )]
    NotSlicing,
    #[error("it claimed that an invocation waits whose time was over")]
    WaitAfterEnd,
    #[error("it claimed to have paused an invocation in stack slot {0}, which cannot be")]
    StackSlot(u16),
    #[error(
        "it claimed to have paused an invocation that had spent {spent_us} us of its budget; \
         {least_us} us to {most_us} us are possible"
    )]
    Spent { spent_us: u32, least_us: u64, most_us: u64 },
}

impl Report {
    /// Checks `completion` of a request published at `published_ns`. Total over all its bits.
    pub(crate) fn check(
        completion: &Completion,
        published_ns: u64,
        now_ns: u64,
    ) -> Result<Self, ProtocolViolation> {
        let outcome = completion.outcome().ok_or(ProtocolViolation::Outcome(completion.outcome))?;
        let cleanup = completion.cleanup().ok_or(ProtocolViolation::Cleanup(completion.cleanup))?;
        let is_told_by_returning = matches!(outcome, Outcome::Ok | Outcome::Error);
        if is_told_by_returning != (cleanup == Cleanup::Returned) {
            return Err(ProtocolViolation::CrossingResult { outcome, cleanup });
        }
        let entered_ns = entered_ns(completion, published_ns, now_ns)?;
        let was_preempted = completion.late_ns != NOT_PREEMPTED;
        let was_cleaned = cleanup != Cleanup::Returned;
        let was_timed = was_cleaned && completion.cleanup_ns != NOT_PREEMPTED;
        Ok(Self {
            outcome,
            cleanup,
            entered_ns,
            late_ns: was_preempted.then_some(completion.late_ns.into()),
            cleanup_ns: was_timed.then_some(completion.cleanup_ns.into()),
            arena_peak_bytes: completion.arena_peak_bytes.into(),
            body_bytes: body_bytes(completion)?,
            log_bytes: log_bytes(completion)?,
            tokens: tokens(completion),
            unwinding: unwinding(completion),
        })
    }
}

/// Neither side waits, when it reads the clock, for what it was doing to be over: an entry that seems a
/// little early is honest and counts as the moment of publishing, one a little late as now.
pub(crate) fn entered_ns(
    completion: &Completion,
    published_ns: u64,
    now_ns: u64,
) -> Result<u64, ProtocolViolation> {
    let entered_ns = completion.entered_ns;
    let earliest_ns = published_ns.saturating_sub(ASTRAY_NS);
    let latest_ns = now_ns.saturating_add(ASTRAY_NS);
    if !(earliest_ns..=latest_ns).contains(&entered_ns) {
        return Err(ProtocolViolation::Entered { entered_ns, published_ns, now_ns });
    }
    Ok(entered_ns.clamp(published_ns, now_ns.max(published_ns)))
}

pub(crate) fn body_bytes(completion: &Completion) -> Result<usize, ProtocolViolation> {
    let bytes = completion.body_bytes as usize;
    if bytes > BODY_BYTES {
        Err(ProtocolViolation::BodyBytes(completion.body_bytes))
    } else {
        Ok(bytes)
    }
}

fn log_bytes(completion: &Completion) -> Result<usize, ProtocolViolation> {
    let bytes = usize::from(completion.log_bytes);
    if bytes > LOG_BYTES {
        Err(ProtocolViolation::LogBytes(completion.log_bytes))
    } else {
        Ok(bytes)
    }
}

fn tokens(completion: &Completion) -> Tokens {
    Tokens {
        created: completion.tokens_created,
        released: completion.tokens_released,
        reclaimed: completion.tokens_reclaimed,
        double_released: completion.tokens_double_released,
    }
}

fn unwinding(completion: &Completion) -> Unwinding {
    Unwinding {
        landing_pads: completion.landing_pads,
        frames: completion.frames,
        gaps: completion.gaps,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn honest() -> Completion {
        Completion { entered_ns: 10_050, late_ns: NOT_PREEMPTED, ..Completion::default() }
    }

    fn claim(completion: Completion) -> Result<Report, ProtocolViolation> {
        Report::check(&completion, 10_000, 10_100)
    }

    #[test]
    fn honest_completion_is_taken_as_it_is() {
        let (body_bytes, log_bytes) = (BODY_BYTES as u32, LOG_BYTES as u16);
        let report = claim(Completion { body_bytes, log_bytes, ..honest() }).unwrap();
        assert_eq!((report.outcome, report.cleanup), (Outcome::Ok, Cleanup::Returned));
        assert_eq!((report.body_bytes, report.log_bytes), (BODY_BYTES, LOG_BYTES));
        assert_eq!((report.late_ns, report.cleanup_ns), (None, None));
    }

    #[test]
    fn counts_are_told_as_they_are() {
        let completion = Completion {
            tokens_created: 1,
            tokens_released: 2,
            tokens_reclaimed: 3,
            tokens_double_released: 4,
            landing_pads: 5,
            frames: 6,
            gaps: 7,
            ..honest()
        };
        let report = claim(completion).unwrap();
        let tokens = Tokens { created: 1, released: 2, reclaimed: 3, double_released: 4 };
        assert_eq!(report.tokens, tokens);
        assert_eq!(report.unwinding, Unwinding { landing_pads: 5, frames: 6, gaps: 7 });
    }

    #[test]
    fn times_are_told_when_a_handler_acted() {
        let (outcome, cleanup) = (Outcome::OverBudget as u8, Cleanup::Discarded as u8);
        let completion = Completion { late_ns: 7, cleanup_ns: 9, outcome, cleanup, ..honest() };
        let report = claim(completion).unwrap();
        assert_eq!((report.late_ns, report.cleanup_ns), (Some(7), Some(9)));
    }

    #[test]
    fn no_cleanup_time_is_told_when_no_handler_acted() {
        let (outcome, cleanup) = (Outcome::Panicked as u8, Cleanup::Unwound as u8);
        let completion = Completion { cleanup_ns: NOT_PREEMPTED, outcome, cleanup, ..honest() };
        assert_eq!(claim(completion).unwrap().cleanup_ns, None);
    }

    #[test]
    fn claim_is_refused_when_outcome_and_cleanup_contradict_each_other() {
        for (outcome, cleanup) in
            [(Outcome::Ok, Cleanup::Discarded), (Outcome::OverBudget, Cleanup::Returned)]
        {
            let (o, c) = (outcome as u8, cleanup as u8);
            let refused = claim(Completion { outcome: o, cleanup: c, ..honest() });
            assert_eq!(refused, Err(ProtocolViolation::CrossingResult { outcome, cleanup }));
        }
    }

    #[test]
    fn claim_is_refused_when_a_field_is_out_of_range() {
        let lost = Outcome::WorkerLost as u8;
        assert_eq!(
            claim(Completion { outcome: lost, ..honest() }),
            Err(ProtocolViolation::Outcome(lost))
        );
        assert_eq!(
            claim(Completion { outcome: 9, ..honest() }),
            Err(ProtocolViolation::Outcome(9))
        );
        assert_eq!(
            claim(Completion { cleanup: 3, ..honest() }),
            Err(ProtocolViolation::Cleanup(3))
        );
        let bytes = BODY_BYTES as u32 + 1;
        assert_eq!(
            claim(Completion { body_bytes: bytes, ..honest() }),
            Err(ProtocolViolation::BodyBytes(bytes))
        );
        assert_eq!(
            claim(Completion { log_bytes: 4097, ..honest() }),
            Err(ProtocolViolation::LogBytes(4097))
        );
    }

    #[test]
    fn entry_is_refused_when_before_the_request_or_in_the_future() {
        for entered_ns in [0, 8_999, 11_101, u64::MAX] {
            let refused = claim(Completion { entered_ns, ..honest() });
            assert!(matches!(refused, Err(ProtocolViolation::Entered { .. })), "{entered_ns}");
        }
        assert!(claim(Completion { entered_ns: 10_000, ..honest() }).is_ok());
        assert!(claim(Completion { entered_ns: 10_100, ..honest() }).is_ok());
    }

    #[test]
    fn entry_that_is_a_little_astray_is_moved_to_where_it_can_be() {
        let report = claim(Completion { entered_ns: 9_000, ..honest() }).unwrap();
        assert_eq!(report.entered_ns, 10_000);
        let report = claim(Completion { entered_ns: 11_100, ..honest() }).unwrap();
        assert_eq!(report.entered_ns, 10_100);
    }

    proptest! {
        #[test]
        fn report_is_in_range_or_refused_for_any_words(words: [u64; 7], from: u64, span: u32) {
            let completion = Completion::from_words(words);
            let now_ns = from.saturating_add(span.into());
            if let Ok(report) = Report::check(&completion, from, now_ns) {
                prop_assert!(report.body_bytes <= BODY_BYTES && report.log_bytes <= LOG_BYTES);
                prop_assert!((from..=now_ns).contains(&report.entered_ns));
                prop_assert_ne!(report.outcome, Outcome::WorkerLost);
            }
        }
    }
}
