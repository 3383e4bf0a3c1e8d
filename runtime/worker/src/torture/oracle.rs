//! What must be as before when a preempted invocation is over.
//!
//! [`Expected`] is taken once, before the sweep; every child compares. The canaries run last, on the
//! same worker.

use core::ops::Range;
use core::sync::atomic::Ordering::Relaxed;

use mote_abi::message::{Completion, Invoke};
use mote_abi::outcome::{Cleanup, Outcome};
use mote_abi::torture::{CANARIES, SUM_START, TARGET, damage, facts};
use mote_sigctx::arch::{Crossing, take_entered};

use crate::host::areas::Areas;
use crate::host::image::Image;
use crate::host::tokens::Tally;
use crate::host::{Host, lend};
use crate::invocation::run;
use crate::preempt::current::CURRENT;
use crate::preempt::planted;
use crate::sys::{program, stepping};
use crate::torture::messages::{answer, request};
use crate::torture::sys::{self, results, state};
use crate::torture::{injection, stepper};

/// Bytes at each end of the arena that must be as they were when it was empty before: zeros, and what
/// the bump heap keeps at the end. Ordinary invocations use no more.
const ARENA_EDGE_BYTES: usize = 8 << 10;

/// What nobody may change.
#[derive(Clone, Debug)]
pub struct Expected {
    target: Invoke,
    answer: u64,
    host_data: u64,
    arena: Range<usize>,
    arena_sum: u64,
    floating_point: [u32; 3],
}

impl Expected {
    /// As it is now, after undisturbed invocations.
    #[must_use]
    pub fn now(target: Invoke, answer: u64) -> Self {
        lend(|host| Self {
            target,
            answer,
            host_data: host_data(host),
            arena: host.slots.current.arena.addresses(),
            arena_sum: arena_sum(host),
            floating_point: sys::floating_point(),
        })
    }

    /// [`facts`] of a completed invocation.
    #[must_use]
    pub fn facts(&self, areas: &Areas, completion: &Completion) -> u8 {
        let is_refused = CURRENT.verdict() == Outcome::OverBudget;
        let is_answered = completion.cleanup == Cleanup::Returned as u8;
        let is_other = is_answered && answer(areas, TARGET, completion) != self.answer;
        (u8::from(is_other) * facts::OTHER_ANSWER) | (u8::from(is_refused) * facts::REFUSED)
    }

    /// [`damage`] bits. Runs the canaries.
    #[must_use]
    pub fn damage(&self, areas: &Areas, floating_point: [u32; 3]) -> u16 {
        let mut found = 0;
        let mut must = |is_right: bool, bit: u16| found |= if is_right { 0 } else { bit };
        must(floating_point == self.floating_point, damage::FLOATING_POINT);
        must(stepper::is_recovery_point_kept(), damage::RECOVERY);
        must(Image::of(&self.target).is_data_zero(), damage::DATA);
        lend(|host| {
            must(self.is_arena_whole(host), damage::ARENA);
            must(host.tokens.reclaim() == Tally::default(), damage::TOKENS);
            must(host_data(host) == self.host_data, damage::HOST_DATA);
        });
        must(canaries_are_right(areas), damage::CANARY);
        found
    }

    fn is_arena_whole(&self, host: &Host) -> bool {
        let arena = &host.slots.current.arena;
        arena.addresses() == self.arena && arena.is_empty() && arena_sum(host) == self.arena_sum
    }
}

/// Runs every canary, on either heap, and compares what it answers with what the tool knows it to.
#[must_use]
pub fn canaries_are_right(areas: &Areas) -> bool {
    let sweep = &results::head().request;
    (0..CANARIES).all(|number| {
        let sequence = TARGET + 1 + number as u64;
        let Some(invoke) = request(areas, sequence) else { return false };
        // SAFETY: the tool sent the request, and this runs one at a time.
        let completion = unsafe { run::run(sequence, invoke) };
        answer(areas, sequence, &completion) == sweep.canaries[number].load(Relaxed)
    })
}

/// The sum of everything in the writable segment that is set once and then stays: tables, pointers,
/// what the handlers know of the process, and the parts of the host that no invocation changes.
fn host_data(host: &Host) -> u64 {
    // Whether a handler ran is no damage.
    take_entered();
    let kept = [
        host.areas.inbox() as *const _ as u64,
        host.areas.outbox() as *const _ as u64,
        host.slots.current.stack.start,
        host.slots.current.stack.end,
        host.host_text.fake_frame.start,
        host.host_text.memory_functions.start,
    ];
    let sum = kept.iter().fold(SUM_START, |sum, &word| fold_word(sum, word));
    let Some(segment) = program::writable() else { return sum };
    let start = segment.start.next_multiple_of(8);
    let changing = changing(host);
    (start..segment.end & !7)
        .step_by(8)
        .filter(|at| !changing.iter().any(|range| range.start < at + 8 && *at < range.end))
        .fold(sum, |sum, at| fold_word(sum, read(at)))
}

/// The sum of both ends of the arena.
fn arena_sum(host: &Host) -> u64 {
    let arena = host.slots.current.arena.addresses();
    let edge = ARENA_EDGE_BYTES.min(arena.len());
    let ends = [arena.start as u64, (arena.end - edge) as u64];
    let words = ends.iter().flat_map(|&start| (start..start + edge as u64).step_by(8));
    words.fold(SUM_START, |sum, at| fold_word(sum, read(at)))
}

/// What changes from one invocation to the next, or from one instruction to the next.
fn changing(host: &Host) -> [Range<u64>; 9] {
    let of = |start: u64, bytes: usize| start..start + bytes as u64;
    let (crossing, unchanging) = (Crossing::get(), Crossing::hooks_range());
    let crossing = of(core::ptr::from_ref(crossing).addr() as u64, size_of::<Crossing>());
    let [is_on, leaves_out] = stepping::addresses();
    [
        of(core::ptr::from_ref(host).addr() as u64, size_of::<Host>()),
        of((&raw const CURRENT).addr() as u64, size_of_val(&CURRENT)),
        crossing.start..unchanging.start,
        unchanging.end..crossing.end,
        state::addresses(),
        is_on,
        leaves_out,
        injection::addresses(),
        planted::addresses(),
    ]
}

/// The word at an aligned address of this worker's own memory.
fn read(address: u64) -> u64 {
    // SAFETY: the callers' addresses are mapped readable and aligned. Atomics and cells may lie there;
    // one thread reads what nobody writes meanwhile.
    unsafe { (address as *const u64).read_volatile() }
}

/// One multiplication for each word: the sums guard against accidents, not against malice.
fn fold_word(sum: u64, word: u64) -> u64 {
    (sum ^ word).rotate_left(23).wrapping_mul(0x100_0000_01b3)
}
