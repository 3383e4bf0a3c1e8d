//! A worker whose jobs take turns: which are paused, and their next turns.

use mote_abi::message::{Completion, Invoke};

use super::{Outstanding, Worker};
use crate::node::job::JobSpec;
use crate::pool::report::Report;
use crate::pool::watchdog::Limits;
use crate::sched::slices::{Expectation, PauseHistory, Paused};

impl Worker {
    /// The worker says that it has paused `next`: remembers it, or kills the worker.
    pub(super) fn pause(&mut self, next: &Outstanding, completion: &Completion, taken_ns: u64) {
        let known = Expectation {
            slicing: self.slicing,
            published_ns: next.published_ns,
            stamp_ns: next.stamp_ns(),
            budget_us: next.request.spec.budget_us,
            past: next.past,
        };
        match PauseHistory::paused(completion, &known, |slot| self.is_taken(slot), taken_ns) {
            Err(claim) => self.kill_for(claim),
            Ok(past) => {
                self.outstanding.pop_front();
                self.watch_next();
                self.paused.push_back(Paused { request: next.request, past, since_ns: taken_ns });
            }
        }
    }

    /// Whether a paused job, or one that is to be resumed, is in that stack slot.
    fn is_taken(&self, slot: u16) -> bool {
        let resumed = self.outstanding.iter().skip(1).filter_map(|behind| behind.past);
        let paused = self.paused.iter().map(|paused| paused.past);
        resumed.chain(paused).any(|past| past.slot == slot)
    }

    /// Whether another job waits in its ring, and the first could be paused for it.
    pub(super) fn is_waited_for(&self) -> bool {
        let Some(slicing) = self.slicing else { return false };
        let resumed = self.outstanding.iter().skip(1).filter(|behind| behind.past.is_some());
        let taken = self.paused.len() + resumed.count();
        self.outstanding.len() > 1 && taken + 1 < slicing.stack_slots
    }

    /// The limits of what is left of it.
    pub(super) fn limits(&self, next: &Outstanding) -> Limits {
        let limits = Limits::of(&next.request.spec).less(next.past.map_or(0, |it| it.spent_us));
        let Some(slicing) = self.slicing else { return limits };
        Limits { slice_ns: u64::from(slicing.slice_us) * 1000, ..limits }
    }

    /// Whether any of its jobs is paused and has no turn yet.
    pub(crate) fn has_paused(&self) -> bool {
        !self.paused.is_empty()
    }

    /// Since when the paused job whose turn is next waits for it, and what it runs.
    pub(crate) fn next_turn(&self) -> Option<(u64, JobSpec)> {
        self.paused.front().map(|paused| (paused.since_ns, paused.request.spec))
    }

    /// Gives the paused job whose turn is next its turn. The caller saw that [`Worker::load`] is below
    /// the ring's length; `invoke` is what starts its service.
    pub(crate) fn resume(&mut self, invoke: Invoke) {
        let Some(Paused { request, past, .. }) = self.paused.pop_front() else { return };
        self.publish_line(request, Invoke { resume: past.slot + 1, ..invoke }, Some(past));
    }
}

impl Outstanding {
    /// As if its turn had come, for what is told of it when it never will.
    pub(super) fn of_paused(paused: &Paused) -> Self {
        let &Paused { request, past, since_ns } = paused;
        Self { sequence: 0, request, published_ns: since_ns, past: Some(past) }
    }

    /// When it entered its service.
    pub(super) fn first_entry_ns(&self, report: &Report) -> u64 {
        self.past.map_or(report.entered_ns, |past| past.entered_ns)
    }
}
