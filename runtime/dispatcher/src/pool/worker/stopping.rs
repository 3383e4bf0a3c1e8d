//! Making a running invocation look at the clock: by breakpoints in its text, or by a signal.

use mote_abi::area::signal_value;
use mote_loader::StopByte;

use crate::images::services::Services;
use crate::images::services::worker_text::WorkerText;
use crate::pool::outstanding::Outstanding;
use crate::pool::stop::{self, Look, Stop, Text};
use crate::pool::worker::Worker;
use crate::sys::clock::now_ns;

impl Text for WorkerText<'_> {
    #[inline]
    fn poison(&mut self, stop: StopByte) {
        WorkerText::poison(self, stop);
    }

    #[inline]
    fn restore(&mut self, stop: StopByte) {
        WorkerText::restore(self, stop);
    }
}

impl Worker {
    /// Signals the running invocation.
    pub(crate) fn signal(&self) {
        if let Some(next) = self.outstanding.front() {
            self.process.preempt(signal_value(next.sequence));
        }
    }

    /// Stops the running invocation by breakpoints, which stand for `poison_ns` at most; `None` where those are
    /// of no use, because they stood just now.
    pub(crate) fn stop(&mut self, services: &mut Services, poison_ns: u64) -> Option<Stop> {
        let next = self.outstanding.front()?;
        let mut text = services.text_of(&next.resident, self.number)?;
        let begun_ns = now_ns();
        let ticket = self.stop_pace.begin(next.sequence, begun_ns)?;
        let (demand, lines) = (&self.areas.inbox().stop, text.lines());
        demand.demand(ticket);
        let look = || self.look(next, ticket);
        let is_late = || now_ns().saturating_sub(begun_ns) >= poison_ns;
        let stopped = stop::stop(lines, &mut text, look, is_late);
        demand.finish(ticket);
        self.stop_pace.end(now_ns());
        if let Stop::Met(offset) = stopped {
            lines.note_hit(offset);
        }
        Some(stopped)
    }

    fn look(&self, next: &Outstanding, ticket: u64) -> Look {
        match self.areas.outbox().stopped.of(ticket) {
            Some(offset) => Look::Met(offset),
            None if self.poll(next).is_some() => Look::Over,
            None => Look::Running,
        }
    }
}
