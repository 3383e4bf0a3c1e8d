//! What became of each accepted request: it has exactly one answer. Pure.
//!
//! ```text
//!  accept ─▶ Queued ─ give ─▶ Given to worker W ─ answer ─▶ gone
//!     │        ▲ ▲  └─ answer: expired, cancelled, nobody left ─▶ gone
//!     └ give ──│─│───▶ Given
//!              └─┴─ take back: W died, and had not started it, or may start it once more
//! ```
//!
//! Whether a request that was given has started is what its worker says ([`JobState`] has both). A step that cannot
//! be is refused: an answer to what has none outstanding is dropped by the caller, and never handed out.

mod ticket_hash;

use std::collections::HashMap;

use crate::job::ids::Ticket;
use crate::journal::ticket_hash::TicketHash;

/// The requests that have no answer yet.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    open: HashMap<Ticket, State, TicketHash>,
    refused: u64,
}

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody has it.
    Queued,
    /// It is in the ring of this worker, or paused there.
    Given { worker: usize },
}

/// How far an accepted request without an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits for a worker.
    Queued,
    /// A worker has it, and has not said that its service runs.
    Given {
        /// The worker's number.
        worker: usize,
    },
    /// Its service runs, or is paused.
    Started {
        /// The worker's number.
        worker: usize,
    },
}

impl Journal {
    /// A request is accepted, and is there.
    #[inline]
    pub(crate) fn accept(&mut self, ticket: Ticket, state: State) {
        let before = self.open.insert(ticket, state);
        self.check(before.is_none());
    }

    /// Worker number `worker` gets it.
    #[inline]
    pub(crate) fn give(&mut self, ticket: Ticket, worker: usize) {
        let before = self.open.insert(ticket, State::Given { worker });
        self.check(before == Some(State::Queued));
    }

    /// Its worker is gone, and another may have it.
    pub(crate) fn take_back(&mut self, ticket: Ticket) {
        let before = self.open.insert(ticket, State::Queued);
        self.check(matches!(before, Some(State::Given { .. })));
    }

    /// It is answered. False if it has no answer to come: then this one must not be handed out.
    #[inline]
    #[must_use]
    pub(crate) fn answer(&mut self, ticket: Ticket) -> bool {
        let is_open = self.open.remove(&ticket).is_some();
        self.check(is_open);
        is_open
    }

    /// Requests that have no answer yet.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// Where a request is, if it has no answer yet.
    pub(crate) fn state(&self, ticket: Ticket) -> Option<State> {
        self.open.get(&ticket).copied()
    }

    /// Steps that could not be: accepted twice, given to two workers, taken back from nobody, answered twice.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    #[inline]
    fn check(&mut self, can_be: bool) {
        self.refused += u64::from(!can_be);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn request_is_answered_once() {
        let mut journal = Journal::default();
        journal.accept(Ticket(1), State::Queued);
        journal.give(Ticket(1), 3);
        assert_eq!(journal.state(Ticket(1)), Some(State::Given { worker: 3 }));
        journal.take_back(Ticket(1));
        assert_eq!((journal.state(Ticket(1)), journal.open()), (Some(State::Queued), 1));
        let answered = [journal.answer(Ticket(1)), journal.answer(Ticket(1))];
        assert_eq!(answered, [true, false]);
        assert_eq!((journal.open(), journal.refused()), (0, 1));
    }

    proptest! {
        /// Any steps: the journal is what a model of it is, and refuses what cannot be.
        #[test]
        fn journal_follows_its_state_machine(steps in prop::collection::vec((0..4_u8, 0..6_u64, 0..3_usize), 0..200)) {
            let mut journal = Journal::default();
            let mut model: BTreeMap<u64, Option<usize>> = BTreeMap::new();
            let mut refused = 0;
            for (step, number, worker) in steps {
                let (ticket, before) = (Ticket(number), model.get(&number).copied());
                let can_be = match step {
                    0 => before.is_none(),
                    1 => before == Some(None),
                    2 => matches!(before, Some(Some(_))),
                    _ => before.is_some(),
                };
                // What cannot be is tried only where nothing is changed by it.
                if !can_be && step != 3 {
                    continue;
                }
                refused += u64::from(!can_be);
                match step {
                    0 => { journal.accept(ticket, State::Queued); model.insert(number, None); }
                    1 => { journal.give(ticket, worker); model.insert(number, Some(worker)); }
                    2 => { journal.take_back(ticket); model.insert(number, None); }
                    _ => {
                        prop_assert_eq!(journal.answer(ticket), can_be);
                        model.remove(&number);
                    }
                }
                prop_assert_eq!((journal.open(), journal.refused()), (model.len(), refused));
                let state = model.get(&number).map(|worker| match *worker {
                    None => State::Queued,
                    Some(worker) => State::Given { worker },
                });
                prop_assert_eq!(journal.state(ticket), state);
            }
        }
    }
}
