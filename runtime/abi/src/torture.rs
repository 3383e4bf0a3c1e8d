//! What crosses between `mote torture` and its worker: the order, and one record for each injection.
//!
//! ```text
//!  results file (shared)
//!  ┌──────────────────────────────┐
//!  │ Head: order, progress        │
//!  ├──────────────────────────────┤ RECORDS_OFFSET
//!  │ records, RECORD_BYTES each   │
//!  └──────────────────────────────┘
//! ```
//!
//! The requests lie in the inbox as ever: number 1 is tortured, the next [`CANARIES`] must be answered
//! rightly by whoever was injected into.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::area::WorkerStatus;
use crate::message::Words;
use crate::sync::{AtomicU32, AtomicU64};

/// Sequence number of the request that is tortured.
pub const TARGET: u64 = 1;

/// Canaries that follow it: sequence numbers `TARGET + 1` and on.
pub const CANARIES: usize = 3;

/// Offset of the first record in the results file.
pub const RECORDS_OFFSET: usize = 4096;

/// The most injections of one sweep.
pub const MAX_RECORDS: usize = 1 << 20;

/// Bytes of a record.
pub const RECORD_BYTES: usize = size_of::<Record>();

/// Length of the results file.
pub const RESULTS_BYTES: usize = RECORDS_OFFSET + MAX_RECORDS * RECORD_BYTES;

/// The first page of the results file.
#[derive(Debug)]
#[repr(C)]
pub struct Head {
    /// What to do.
    pub request: SweepRequest,
    /// How far it has come.
    pub progress: Progress,
    /// What a dying child says of its end, and what the worker says of its start.
    pub status: WorkerStatus,
}

/// Which instructions to inject at, and how. Written before the worker starts.
#[derive(Debug)]
#[repr(C)]
pub struct SweepRequest {
    /// The first instruction, counted from 0 over those that are in reach.
    pub first: AtomicU64,
    /// One past the last instruction.
    pub end: AtomicU64,
    /// Inject at every one of so many; at least 1.
    pub every: AtomicU64,
    /// 1 if host text is in reach too.
    pub reaches_host: AtomicU32,
    /// From the injection to the hard deadline, in microseconds.
    pub grace_us: AtomicU32,
    /// The second preemption comes so many instructions into the cleanup, at least; 0 for none.
    pub second_first: AtomicU32,
    /// One past the most.
    pub second_end: AtomicU32,
    /// From the injection to the end of a child that hangs, in microseconds.
    pub give_up_us: AtomicU32,
    /// 1 if the injection is the end of a slice: the invocation is paused, and goes on when the canaries
    /// have run.
    pub is_pausing: AtomicU32,
    /// 1 if the first landing pad of a raise runs twice: a fault on purpose.
    pub is_planted: AtomicU32,
    /// [`answer_sum`] of each canary's right answer.
    pub canaries: [AtomicU64; CANARIES],
}

/// What the worker says while it works and at its end.
#[derive(Debug)]
#[repr(C)]
pub struct Progress {
    /// Instructions in reach that were seen.
    pub instructions: AtomicU64,
    /// Records that are complete.
    pub records: AtomicU64,
    /// 1 once the undisturbed invocations are done and `baseline` says how they ended.
    pub is_begun: AtomicU32,
    /// 1 once the tortured invocation itself ended.
    pub is_ended: AtomicU32,
    /// The words of an undisturbed invocation's [`Record`].
    pub baseline: [AtomicU64; 7],
}

/// What became of one injection.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Record {
    /// The instruction before which the preemption was delivered.
    pub rip: u64,
    /// Where the second preemption was delivered; 0 if there was none.
    pub second_rip: u64,
    /// Which instruction of the invocation it was, of those in reach.
    pub number: u32,
    /// Wait status of the child, as wait(2) has it: 0 if it reported.
    pub status: u32,
    /// Tokens that the service created.
    pub created: u32,
    /// Tokens that it released.
    pub released: u32,
    /// Tokens that the worker took back.
    pub reclaimed: u32,
    /// Releases of a token that was not live.
    pub double_released: u32,
    /// Landing pads that ran.
    pub landing_pads: u16,
    /// Frames that were left.
    pub frames: u16,
    /// Frames that no call site covered.
    pub gaps: u16,
    /// What is not as it must be: [`damage`] bits.
    pub damage: u16,
    /// An [`Outcome`](crate::outcome::Outcome).
    pub outcome: u8,
    /// A [`Cleanup`](crate::outcome::Cleanup).
    pub cleanup: u8,
    /// 1 if the child reported.
    pub is_reported: u8,
    /// [`facts`] bits.
    pub facts: u8,
    /// Low half of the address at which a child that died of a fault in host text met it.
    pub fatal_address: u32,
}

/// Bits of [`Record::damage`]: each is damage to the host.
pub mod damage {
    /// The arena is not empty, not zero, or not where it was.
    pub const ARENA: u16 = 1;
    /// A token is still live.
    pub const TOKENS: u16 = 2;
    /// The service's data segment was not cleared.
    pub const DATA: u16 = 4;
    /// Host data that must not change has changed.
    pub const HOST_DATA: u16 = 8;
    /// The recovery point is not where it was.
    pub const RECOVERY: u16 = 16;
    /// Direction flag, MXCSR or x87 control word are not the host's.
    pub const FLOATING_POINT: u16 = 32;
    /// A canary answered wrongly.
    pub const CANARY: u16 = 64;
    /// Every bit with its name.
    pub const ALL: [(u16, &str); 7] = [
        (ARENA, "arena"),
        (TOKENS, "tokens"),
        (DATA, "data segment"),
        (HOST_DATA, "host data"),
        (RECOVERY, "recovery point"),
        (FLOATING_POINT, "floating point state"),
        (CANARY, "canary"),
    ];
}

/// Bits of [`Record::facts`].
pub mod facts {
    /// The service answered, but not what it answers undisturbed.
    pub const OTHER_ANSWER: u8 = 1;
    /// An allocation was refused, because the soft deadline had passed.
    pub const REFUSED: u8 = 2;
    /// In the baseline: two undisturbed invocations answered differently.
    pub const UNSTEADY: u8 = 4;
    /// The invocation was paused, and went on.
    pub const PAUSED: u8 = 8;
    /// In the baseline of a service that does not end by itself: its destructors run out of stack when
    /// an ordinary timer stops it at a call, without any stepping.
    pub const OVERFLOWS: u8 = 16;
}

impl Record {
    /// As words.
    #[must_use]
    pub fn to_words(self) -> Words {
        zerocopy::transmute!(self)
    }

    /// From words. Every bit pattern is a record.
    #[must_use]
    pub fn from_words(words: Words) -> Self {
        zerocopy::transmute!(words)
    }
}

/// FNV-1a over an outcome and the bytes of its answer.
#[must_use]
pub fn answer_sum(outcome: u8, body: &[u8]) -> u64 {
    body.iter().fold(fold(SUM_START, outcome), |sum, &byte| fold(sum, byte))
}

/// The sum of no bytes at all.
pub const SUM_START: u64 = 0xcbf2_9ce4_8422_2325;

/// Takes one more byte into a sum.
#[must_use]
pub const fn fold(sum: u64, byte: u8) -> u64 {
    (sum ^ byte as u64).wrapping_mul(0x100_0000_01b3)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn record_is_a_message_long_and_the_head_fits_before_them() {
        assert_eq!(RECORD_BYTES, size_of::<Words>());
        assert!(size_of::<Head>() <= RECORDS_OFFSET);
        let record = Record { number: 7, facts: 3, ..Record::default() };
        assert_eq!(Record::from_words(record.to_words()), record);
    }

    #[test]
    fn sum_tells_outcomes_and_bytes_apart() {
        assert_ne!(answer_sum(0, b"a"), answer_sum(1, b"a"));
        assert_ne!(answer_sum(0, b"ab"), answer_sum(0, b"ba"));
    }
}
