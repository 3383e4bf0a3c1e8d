//! The jobs that share a worker by time slices: which are paused, and which go on next. Pure.
//!
//! ```text
//!  ring: [long, short …] ─ slice over, and short waits ─▶ worker: paused in stack slot k
//!  Paused ─ has waited longer than the queue's first ─▶ ring: [short, resume k …] ─▶ …
//! ```
//!
//! A paused job stays with its worker: its stack is there. It goes on when all that waited before it was
//! paused have had their slice; what comes later waits behind it. One that waits for upstreams is paused too, but has
//! no turn before its replies are there.

use std::collections::{HashMap, VecDeque};

use mote_abi::message::Completion;

use crate::config::slicing::Slicing;
use crate::job::ids::Ticket;
use crate::pool::outstanding::{Outstanding, Paused};
use crate::pool::pause::{Expectation, PauseHistory};
use crate::pool::report::ProtocolViolation;

/// The paused jobs of one worker, in the order of their next slices.
#[derive(Debug)]
pub(crate) struct Slices {
    slicing: Option<Slicing>,
    /// Those that could go on, by since when they are paused.
    paused: VecDeque<Paused>,
    /// Those that wait for upstreams.
    waiting: HashMap<Ticket, Paused>,
}

impl Slices {
    /// Those of a worker whose jobs share it so, if they do.
    pub(crate) fn new(slicing: Option<Slicing>) -> Self {
        Self { slicing, paused: VecDeque::new(), waiting: HashMap::new() }
    }

    /// How long a job runs while others wait, in nanoseconds; `u64::MAX` if there are no slices.
    pub(crate) fn slice_ns(&self) -> u64 {
        self.slice_us().map_or(u64::MAX, |slice_us| u64::from(slice_us) * 1000)
    }

    fn slice_us(&self) -> Option<u32> {
        self.slicing.and_then(|slicing| slicing.slice_us)
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
        let paused = self.paused.iter().chain(self.waiting.values());
        let mut taken = resumed.chain(paused.map(|paused| paused.history));
        let is_taken = |slot| taken.any(|history| history.slot == slot);
        PauseHistory::paused(completion, &known, is_taken, now_ns)
    }

    /// It was paused: it goes on when those before it have.
    pub(crate) fn push(&mut self, paused: Paused) {
        self.paused.push_back(paused);
    }

    /// It waits for upstreams.
    pub(crate) fn wait(&mut self, paused: Paused) {
        self.waiting.insert(paused.request.ticket, paused);
    }

    /// The job with this ticket waits no longer: it can go on with `replies`, in the order of its suspension. Nothing
    /// happens if it does not wait.
    pub(crate) fn answer(&mut self, ticket: Ticket, replies: Vec<u8>) {
        if let Some(waiting) = self.waiting.remove(&ticket) {
            self.put_in_order(Paused { replies, ..waiting });
        }
    }

    /// The job with this ticket waits no longer: nothing is left of its budget. False if it does not wait.
    pub(crate) fn end_wait(&mut self, ticket: Ticket) -> bool {
        let Some(mut waiting) = self.waiting.remove(&ticket) else { return false };
        waiting.history.spent_us = waiting.request.spec.budget_us;
        self.put_in_order(waiting);
        true
    }

    fn put_in_order(&mut self, paused: Paused) {
        let place = self.paused.partition_point(|before| before.since_ns <= paused.since_ns);
        self.paused.insert(place, paused);
    }

    /// The job that goes on next.
    pub(crate) fn pop(&mut self) -> Option<Paused> {
        self.paused.pop_front()
    }

    /// Whether the job with this ticket is paused.
    pub(crate) fn has(&self, ticket: Ticket) -> bool {
        self.waiting.contains_key(&ticket)
            || self.paused.iter().any(|paused| paused.request.ticket == ticket)
    }

    /// The paused job with this ticket that could go on.
    pub(crate) fn find_mut(&mut self, ticket: Ticket) -> Option<&mut Paused> {
        self.paused.iter_mut().find(|paused| paused.request.ticket == ticket)
    }

    /// Since when the job that goes on next waits for its slice.
    pub(crate) fn first_ns(&self) -> Option<u64> {
        self.paused.front().map(|paused| paused.since_ns)
    }

    /// Whether any job is paused, or waits.
    pub(crate) fn is_any(&self) -> bool {
        !self.paused.is_empty() || !self.waiting.is_empty()
    }

    /// Whether the first job of the ring could be paused while `resumed` of those behind it are.
    pub(crate) fn has_room(&self, resumed: usize) -> bool {
        let taken = self.paused.len() + self.waiting.len() + resumed;
        let slicing = self.slicing.filter(|slicing| slicing.slice_us.is_some());
        slicing.is_some_and(|slicing| taken + 1 < slicing.stack_slots)
    }

    /// All of them, in their order.
    pub(crate) fn into_paused(self) -> impl Iterator<Item = Paused> {
        self.paused.into_iter().chain(self.waiting.into_values())
    }
}
