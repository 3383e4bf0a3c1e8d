//! How dispatcher and worker agree on breakpoints in a service's text: a line of the inbox, written by the
//! dispatcher, and a line of the outbox, written by the worker.
//!
//! ```text
//!  dispatcher                                  worker
//!  demand(ticket)
//!  stores int3 over stop points ──────────────▶ fetches one: SIGTRAP
//!                                              acknowledge(ticket, offset)
//!  restores what it stored        ◀────────────
//!  finish(ticket) ────────────────────────────▶ whoever waits for clean text goes on
//! ```
//!
//! Tickets count up from 1 and are never used again, so a trap that comes late finds its ticket finished. What
//! a worker acknowledges is an allegation: it ends the breakpoints, and no deadline.

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// What the dispatcher demands. Written by the dispatcher only.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct StopDemand {
    /// Odd while breakpoints of a ticket may stand: twice the ticket, less one. Twice the ticket when they
    /// do not any more.
    word: AtomicU64,
}

impl StopDemand {
    /// The bit of the first byte that is set while breakpoints may stand, for assembly.
    pub const OPEN: u8 = 1;

    /// Nothing is demanded.
    #[must_use]
    pub fn new() -> Self {
        Self { word: AtomicU64::new(0) }
    }

    /// Breakpoints of `ticket`, which is above every one before, will be stored, with release ordering, after
    /// this.
    pub fn demand(&self, ticket: u64) {
        self.word.store(2 * ticket - 1, Ordering::Release);
    }

    /// No breakpoint of `ticket` is left in the text.
    pub fn finish(&self, ticket: u64) {
        self.word.store(2 * ticket, Ordering::Release);
    }

    /// The ticket whose breakpoints may be in the text, if there is one.
    #[must_use]
    pub fn open(&self) -> Option<u64> {
        let word = self.word.load(Ordering::Acquire);
        (word & u64::from(Self::OPEN) != 0).then(|| word.div_ceil(2))
    }

    /// Whether no breakpoint of `ticket` is left in the text.
    #[must_use]
    pub fn is_finished(&self, ticket: u64) -> bool {
        self.open() != Some(ticket)
    }
}

impl Default for StopDemand {
    fn default() -> Self {
        Self::new()
    }
}

/// What a worker acknowledges. Written by the worker only.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct StopAnswer {
    ticket: AtomicU64,
    offset: AtomicU32,
}

impl StopAnswer {
    /// In place of an offset: the demand was seen by a memory function, without a breakpoint.
    pub const NO_POINT: u32 = u32::MAX;

    /// Nothing is acknowledged.
    #[must_use]
    pub fn new() -> Self {
        Self { ticket: AtomicU64::new(0), offset: AtomicU32::new(0) }
    }

    /// Says that the stop point at `offset` in the image's text met `ticket`.
    pub fn acknowledge(&self, ticket: u64, offset: u32) {
        self.offset.store(offset, Ordering::Relaxed);
        self.ticket.store(ticket, Ordering::Release);
    }

    /// Which stop point met `ticket`, once one did.
    #[must_use]
    pub fn of(&self, ticket: u64) -> Option<u32> {
        (self.ticket.load(Ordering::Acquire) == ticket).then(|| self.offset.load(Ordering::Relaxed))
    }
}

impl Default for StopAnswer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn ticket_is_open_from_its_demand_until_it_is_finished() {
        let demand = StopDemand::new();
        assert_eq!((demand.open(), demand.is_finished(1)), (None, true));
        for ticket in [1, 2, 1 << 40] {
            demand.demand(ticket);
            assert_eq!((demand.open(), demand.is_finished(ticket)), (Some(ticket), false));
            assert!(demand.is_finished(ticket - 1));
            demand.finish(ticket);
            assert_eq!((demand.open(), demand.is_finished(ticket)), (None, true));
        }
    }

    #[test]
    fn open_bit_is_in_the_first_byte() {
        let demand = StopDemand::new();
        for ticket in 1..600 {
            demand.demand(ticket);
            let first = |it: &StopDemand| it.word.load(Ordering::Relaxed).to_ne_bytes()[0];
            assert_eq!(first(&demand) & StopDemand::OPEN, StopDemand::OPEN);
            demand.finish(ticket);
            assert_eq!(first(&demand) & StopDemand::OPEN, 0);
        }
    }

    #[test]
    fn answer_is_of_its_ticket_alone() {
        let answer = StopAnswer::new();
        answer.acknowledge(5, 300);
        assert_eq!((answer.of(4), answer.of(5), answer.of(6)), (None, Some(300), None));
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;

    use super::*;

    const CLEAN: u32 = 0;
    const POISONED: u32 = 1;

    /// Whoever meets a breakpoint finds its ticket open, or finished and the byte clean by then; and whoever
    /// reads an answer to a ticket reads that answer's offset.
    #[test]
    fn ticket_and_answer_come_with_what_belongs_to_them() {
        loom::model(|| {
            let shared = Arc::new((StopDemand::new(), StopAnswer::new(), AtomicU32::new(CLEAN)));
            let theirs = shared.clone();
            let worker = loom::thread::spawn(move || {
                let (demand, answer, byte) = &*theirs;
                if byte.load(Ordering::Acquire) == POISONED {
                    match demand.open() {
                        Some(ticket) => answer.acknowledge(ticket, 100 + ticket as u32),
                        None => assert_eq!(byte.load(Ordering::Acquire), CLEAN),
                    }
                }
            });
            let (demand, answer, byte) = &*shared;
            demand.demand(1);
            byte.store(POISONED, Ordering::Release);
            if let Some(offset) = answer.of(1) {
                assert_eq!(offset, 101);
            }
            byte.store(CLEAN, Ordering::Release);
            demand.finish(1);
            worker.join().unwrap();
        });
    }
}
