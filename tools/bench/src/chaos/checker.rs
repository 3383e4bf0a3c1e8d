//! Counts and judges answers. It knows what was asked, and nothing of the node.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::chaos::plan::{self, Plan};
use crate::chaos::report::{Counts, Report};
use crate::chaos::wire::Message;

/// A defect that the checker must find: what is done to one answer on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// It does not come.
    Loss,
    /// It comes twice.
    Repeat,
    /// It is another's.
    Swap,
}

/// Which answer has the planted defect.
const PLANTED: u64 = 1_000;

#[derive(Debug)]
pub(super) struct Checker {
    plan: Plan,
    plant: Option<Plant>,
    expected: AtomicU64,
    /// Requests that were answered or refused.
    seen: AtomicU64,
    is_over: AtomicBool,
    counts: Mutex<Counts>,
}

impl Checker {
    pub(super) fn new(plan: Plan, plant: Option<Plant>) -> Self {
        Self {
            plan,
            plant,
            expected: AtomicU64::new(0),
            seen: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            counts: Mutex::default(),
        }
    }

    /// Requests up to `end` are asked.
    pub(super) fn expect(&self, end: u64) {
        self.expected.store(end, Ordering::Release);
    }

    /// How many were answered or refused.
    pub(super) fn seen(&self) -> u64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Whether the node's process says nothing more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Judges all that comes, until the end.
    pub(super) fn read(&self, mut from: impl Read) -> io::Result<()> {
        let mut known = Vec::new();
        let result = loop {
            match Message::read(&mut from) {
                Ok(Some(message)) => self.take(message, &mut known),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.is_over.store(true, Ordering::Release);
        result
    }

    fn take(&self, message: Message, known: &mut Vec<u64>) {
        if let (Message::Answer { number: PLANTED, .. }, Some(plant)) = (&message, self.plant) {
            return self.take_planted(message, plant, known);
        }
        self.count(message, known);
    }

    fn take_planted(&self, message: Message, plant: Plant, known: &mut Vec<u64>) {
        match (plant, message) {
            (Plant::Repeat, message) => {
                self.count(message.clone(), known);
                self.count(message, known);
            }
            (Plant::Swap, Message::Answer { number, outcome, .. }) => {
                let body = b"of another".to_vec();
                self.count(Message::Answer { number, outcome, body }, known);
            }
            // The client waits for none.
            (Plant::Loss | Plant::Swap, _) => {
                self.seen.fetch_add(1, Ordering::AcqRel);
            }
        }
    }

    fn count(&self, message: Message, known: &mut Vec<u64>) {
        let mut counts = self.counts();
        match message {
            Message::Answer { number, outcome, body } => {
                if number >= self.expected.load(Ordering::Acquire) {
                    counts.wrong += 1;
                } else if !insert(known, number) {
                    counts.twice += 1;
                } else {
                    self.seen.fetch_add(1, Ordering::AcqRel);
                    let is_right =
                        plan::is_right(number, self.plan.service(number), outcome, &body);
                    counts.note_answer(number, outcome, is_right);
                }
            }
            Message::Refused { number } if insert(known, number) => {
                self.seen.fetch_add(1, Ordering::AcqRel);
                counts.refused += 1;
            }
            Message::Refused { .. } => counts.twice += 1,
            Message::Gauge(gauge) => counts.gauges.push(gauge),
            Message::Replaced { us } => counts.replaced_us.push(us),
            Message::Fault { kind } => *counts.faults.entry(kind).or_default() += 1,
        }
    }

    /// What came of it.
    pub(super) fn report(&self) -> Report {
        Report::new(self.plan.seed(), self.expected.load(Ordering::Acquire), &self.counts())
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts `number` into a set of bits. False if it was there.
fn insert(known: &mut Vec<u64>, number: u64) -> bool {
    let (word, bit) = ((number / 64) as usize, 1 << (number % 64));
    if known.len() <= word {
        known.resize(word + 1, 0);
    }
    let is_new = known[word] & bit == 0;
    known[word] |= bit;
    is_new
}
