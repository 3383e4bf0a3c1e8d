//! The two messages: one cache line each way for one invocation.
//!
//! A message is 56 bytes, carried as the seven words of a [`Line`](crate::line::Line) behind its
//! stamp. Both directions use the invocation's sequence number as the stamp; bodies lie in the
//! [areas](crate::area) at the same index as the line.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::outcome::{Cleanup, Heap, Mode, Outcome};
use crate::windows::Windows;

/// The words of a message, as a line carries them.
pub type Words = [u64; 7];

/// From the dispatcher: run this service once. The worker trusts it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Invoke {
    /// Offset of the entry in the text window.
    pub entry: u32,
    /// Offset of the image's [`ImageHeader`](crate::image::ImageHeader) in the read-only window.
    pub record: u32,
    /// The zone's generation: when it differs from the last one seen, the worker serializes.
    pub generation: u32,
    /// The record's `data_bytes`: when 0, the record is not needed to start.
    pub data_bytes: u32,
    /// Soft deadline, from the entry of the service, in microseconds.
    pub budget_us: u32,
    /// From the soft to the hard deadline, in microseconds.
    pub grace_us: u32,
    /// Limit of the arena, in KiB.
    pub memory_kib: u32,
    /// Bytes of the request's body.
    pub body_bytes: u32,
    /// Offset in the read-only window of what the service reads first: its global offset table.
    pub relocated: u32,
    /// 0 to start an invocation; else one more than the number of the stack slot in which the
    /// invocation to be resumed was paused. Then only this, the generation, the budget (what is left of it at
    /// most) and the body (replies, if it waits for some) matter.
    pub resume: u16,
    /// A [`Mode`].
    pub mode: u8,
    /// A [`Heap`].
    pub heap: u8,
    /// The zone of the image: `entry` and `record` lie in its windows.
    pub zone: u8,
    /// The header's [`state`](crate::image::state): what of the processor's state must be reset when the
    /// service has run.
    pub state: u8,
    /// What the service may leave untouched of its stack between two words that it writes, in blocks: see
    /// [`stack`](crate::stack).
    pub stack_gap_blocks: u16,
    /// Bytes of the [variables](crate::variables) behind the body.
    pub variables_bytes: u16,
    /// Zero.
    pub reserved: [u8; 10],
}

impl Invoke {
    /// As the words of a line.
    #[must_use]
    pub fn to_words(self) -> Words {
        zerocopy::transmute!(self)
    }

    /// From the words of a line. Every bit pattern is a message; its meaning is checked on use.
    #[must_use]
    pub fn from_words(words: Words) -> Self {
        zerocopy::transmute!(words)
    }

    /// The windows that the image is in.
    #[inline]
    #[must_use]
    pub const fn windows(&self) -> Windows {
        Windows::of(self.zone)
    }

    /// The length of the request, in bytes: its body, and the variables behind it.
    #[inline]
    #[must_use]
    pub const fn request_bytes(&self) -> usize {
        self.body_bytes as usize + self.variables_bytes as usize
    }

    /// The mode; an unknown one is the safest, `discard`.
    #[must_use]
    pub fn mode(&self) -> Mode {
        Mode::from_byte(self.mode).unwrap_or(Mode::Discard)
    }

    /// The heap; an unknown one is the default, `bump`.
    #[must_use]
    pub fn heap(&self) -> Heap {
        Heap::from_byte(self.heap).unwrap_or(Heap::Bump)
    }
}

/// From a worker: how an invocation ended. An allegation until [`Completion::outcome`] and its like
/// have been asked, and lengths compared with the area's.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Completion {
    /// When the worker entered the service, or went on with it, on the node's clock, in nanoseconds. It
    /// is read without waiting for the request's arrival to be over, so it may be early by some ten
    /// nanoseconds.
    pub entered_ns: u64,
    /// From the deadline to the handler that acted on it, in nanoseconds, saturating;
    /// [`NOT_PREEMPTED`] if none did.
    pub late_ns: u32,
    /// From the handler that acted to the worker being ready again, in nanoseconds, saturating;
    /// [`NOT_PREEMPTED`] if none did.
    pub cleanup_ns: u32,
    /// The most that the arena held at once, in bytes.
    pub arena_peak_bytes: u32,
    /// Bytes of the response's body, or of the error's or panic's text.
    pub body_bytes: u32,
    /// Tokens that the service created.
    pub tokens_created: u32,
    /// Tokens that the service released, each counted once.
    pub tokens_released: u32,
    /// Tokens that the worker took back.
    pub tokens_reclaimed: u32,
    /// Releases of a token that was not live.
    pub tokens_double_released: u32,
    /// Landing pads that ran.
    pub landing_pads: u16,
    /// Frames that were unwound.
    pub frames: u16,
    /// Frames whose language-specific data did not cover the instruction.
    pub gaps: u16,
    /// Bytes of the invocation's log.
    pub log_bytes: u16,
    /// An [`Outcome`].
    pub outcome: u8,
    /// A [`Cleanup`].
    pub cleanup: u8,
    /// 0 if the invocation ended; else one more than the number of the stack slot in which it was
    /// paused. Then only this, `entered_ns`, `spent_us` and `body_bytes` mean something: the body is the
    /// [calls](crate::upstream) that it waits for; none if its time slice was over.
    pub paused: u16,
    /// Of an invocation that was paused: how much of its budget it has spent, in microseconds.
    pub spent_us: u32,
}

/// In [`Completion::late_ns`] and [`Completion::cleanup_ns`]: no handler acted on this invocation.
pub const NOT_PREEMPTED: u32 = u32::MAX;

impl Completion {
    /// As the words of a line.
    #[must_use]
    pub fn to_words(self) -> Words {
        zerocopy::transmute!(self)
    }

    /// From the words of a line. Every bit pattern is a message; its meaning is checked on use.
    #[must_use]
    pub fn from_words(words: Words) -> Self {
        zerocopy::transmute!(words)
    }

    /// The outcome, if the byte is one that a worker can report.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        Outcome::from_byte(self.outcome).filter(|outcome| outcome.is_reported_by_workers())
    }

    /// The cleanup, if the byte is one.
    #[must_use]
    pub fn cleanup(&self) -> Option<Cleanup> {
        Cleanup::from_byte(self.cleanup)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_words_survive_the_way_through_a_message(words: [u64; 7]) {
            prop_assert_eq!(Invoke::from_words(words).to_words(), words);
            prop_assert_eq!(Completion::from_words(words).to_words(), words);
        }
    }

    #[test]
    fn bytes_of_a_completion_mean_an_outcome_and_a_cleanup_or_nothing() {
        let (outcome, cleanup) = (Outcome::Panicked as u8, Cleanup::Unwound as u8);
        let completion = Completion { outcome, cleanup, ..Completion::default() };
        let meant = (completion.outcome(), completion.cleanup());
        assert_eq!(meant, (Some(Outcome::Panicked), Some(Cleanup::Unwound)));
        let garbage = Completion { outcome: 0xff, cleanup: 0xff, ..completion };
        assert_eq!((garbage.outcome(), garbage.cleanup()), (None, None));
    }

    #[test]
    fn worker_cannot_report_what_only_a_dispatcher_decides() {
        for outcome in [Outcome::WorkerLost, Outcome::Expired, Outcome::Cancelled] {
            let completion = Completion { outcome: outcome as u8, ..Completion::default() };
            assert_eq!(completion.outcome(), None, "{outcome}");
        }
    }
}
