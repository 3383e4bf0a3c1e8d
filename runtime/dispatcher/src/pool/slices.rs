//! The jobs that share a worker by time slices: which are paused, and which go on next. Pure.
//!
//! ```text
//!  ring: [long, short …] ─ slice over, and short waits ─▶ worker: paused in stack slot k
//!  Paused ─ has waited longer than the queue's first ─▶ ring: [short, resume k …] ─▶ …
//! ```
//!
//! A paused job stays with its worker: its stack is there. It goes on when all that waited before it was
//! paused have had their slice; what comes later waits behind it.

use std::collections::VecDeque;

use mote_abi::message::Completion;

use crate::config::Slicing;
use crate::job::ids::Ticket;
use crate::pool::outstanding::{Outstanding, Paused};
use crate::pool::pause::{Expectation, PauseHistory};
use crate::pool::report::ProtocolViolation;

/// The paused jobs of one worker, in the order of their next slices.
#[derive(Debug)]
pub(crate) struct Slices {
    slicing: Option<Slicing>,
    paused: VecDeque<Paused>,
}

impl Slices {
    /// Those of a worker whose jobs share it so, if they do.
    pub(crate) fn new(slicing: Option<Slicing>) -> Self {
        Self { slicing, paused: VecDeque::new() }
    }

    /// How long a job runs while others wait, in nanoseconds; `u64::MAX` if there are no slices.
    pub(crate) fn slice_ns(&self) -> u64 {
        self.slicing.map_or(u64::MAX, |slicing| u64::from(slicing.slice_us) * 1000)
    }

    /// Checks what `completion` says of the pause of `first`, while those `behind` it are in the ring.
    pub(crate) fn check<'a>(
        &self,
        completion: &Completion,
        first: &Outstanding,
        behind: impl Iterator<Item = &'a Outstanding>,
        now_ns: u64,
    ) -> Result<PauseHistory, ProtocolViolation> {
        let known = Expectation {
            slicing: self.slicing,
            published_ns: first.published_ns,
            stamp_ns: first.stamp_ns,
            budget_us: first.request.spec.budget_us,
            history: first.history,
        };
        let resumed = behind.filter_map(|behind| behind.history);
        let mut taken = resumed.chain(self.paused.iter().map(|paused| paused.history));
        let is_taken = |slot| taken.any(|history| history.slot == slot);
        PauseHistory::paused(completion, &known, is_taken, now_ns)
    }

    /// It was paused: it goes on when those before it have.
    pub(crate) fn push(&mut self, paused: Paused) {
        self.paused.push_back(paused);
    }

    /// The job that goes on next.
    pub(crate) fn pop(&mut self) -> Option<Paused> {
        self.paused.pop_front()
    }

    /// Whether the job with this ticket is paused.
    pub(crate) fn has(&self, ticket: Ticket) -> bool {
        self.paused.iter().any(|paused| paused.request.ticket == ticket)
    }

    /// The paused job with this ticket.
    pub(crate) fn find_mut(&mut self, ticket: Ticket) -> Option<&mut Paused> {
        self.paused.iter_mut().find(|paused| paused.request.ticket == ticket)
    }

    /// Since when the job that goes on next waits for its slice.
    pub(crate) fn first_ns(&self) -> Option<u64> {
        self.paused.front().map(|paused| paused.since_ns)
    }

    /// Whether the first job of the ring could be paused while `resumed` of those behind it are.
    pub(crate) fn has_room(&self, resumed: usize) -> bool {
        let taken = self.paused.len() + resumed;
        self.slicing.is_some_and(|slicing| taken + 1 < slicing.stack_slots)
    }

    /// All of them, in their order.
    pub(crate) fn into_paused(self) -> VecDeque<Paused> {
        self.paused
    }
}
