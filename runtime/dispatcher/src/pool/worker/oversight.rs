//! Stopping what a worker runs: at its deadlines, or because nobody wants it any more.

use std::sync::atomic::Ordering;

use crate::config::Source;
use crate::job::ids::Ticket;
use crate::pool::execution::Execution;
use crate::pool::watchdog::reason::Reason;
use crate::pool::watchdog::stall::Stall;
use crate::pool::watchdog::{Action, scrub_ns};
use crate::pool::worker::Worker;
use Interruption::{Breakpoints, Rehearsal, Signal};

/// What makes the running invocation look at the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// Breakpoints, and a signal if it comes by none.
    Breakpoints,
    /// Breakpoints, though nothing is due yet.
    Rehearsal,
    /// A signal.
    Signal,
}

impl Worker {
    /// Gives up what does not end, and says by what the running invocation is to be stopped, if it is to be.
    /// `source` fires at its deadlines: a timer of the worker's own does so by itself, but knows nothing of
    /// cancelled jobs.
    pub(crate) fn oversee(&mut self, now_ns: u64, source: Source) -> Option<Interruption> {
        let is_waited_for = self.is_waited_for();
        let (watch, next) = (self.watch.as_mut()?, self.outstanding.front()?);
        if self.killed.is_some() {
            return None;
        }
        let running = &self.areas.outbox().running;
        let is_by_breakpoints = source == Source::Breakpoint;
        match watch.tick(now_ns, is_waited_for, || running.entered_ns(next.sequence)) {
            Action::Stop if is_by_breakpoints || next.request.is_cancelled => {
                if next.request.is_cancelled {
                    self.areas.inbox().cancelled.store(next.sequence, Ordering::Relaxed);
                }
                let interruption = if is_by_breakpoints { Breakpoints } else { Signal };
                Some(interruption)
            }
            Action::Stop => (source == Source::Signal).then_some(Signal),
            Action::Rehearse => is_by_breakpoints.then_some(Rehearsal),
            Action::None => None,
            Action::GiveUp(reason) => self.give_up(now_ns, source, reason),
        }
    }

    /// Kills a worker that does not answer, unless that is not its fault: then it is to be stopped once more.
    #[cold]
    fn give_up(&mut self, now_ns: u64, source: Source, reason: Reason) -> Option<Interruption> {
        match self.verdict(now_ns, reason) {
            Some(reason) => {
                self.kill(reason.into());
                None
            }
            None => matches!(source, Source::Breakpoint | Source::Signal).then_some(Signal),
        }
    }

    fn verdict(&mut self, now_ns: u64, reason: Reason) -> Option<Reason> {
        let scrub_ns = scrub_ns(&self.outstanding.front()?.request.spec);
        let Some(execution) = Execution::of(self.process.pid()) else { return Some(reason) };
        let stall = *self.stall.get_or_insert_with(|| Stall::new(now_ns, execution));
        stall.judge(now_ns, execution, scrub_ns, reason)
    }

    /// Whether it says that the service of this job runs, or has paused it.
    pub(crate) fn has_started(&self, ticket: Ticket) -> bool {
        let mut outstanding = self.outstanding.iter().filter(|it| it.request.ticket == ticket);
        let running = &self.areas.outbox().running;
        match outstanding.next() {
            Some(it) => it.history.is_some() || running.entered_ns(it.sequence).is_some(),
            None => self.slices.has(ticket),
        }
    }

    /// Stops the job with this ticket, now or as soon as it runs. False if it is not here.
    pub(crate) fn cancel(&mut self, ticket: Ticket, now_ns: u64) -> bool {
        self.slices.end_wait(ticket);
        if let Some(paused) = self.slices.find_mut(ticket) {
            paused.request.is_cancelled = true;
            return true;
        }
        let mut outstanding = self.outstanding.iter_mut().enumerate();
        let found = outstanding.find(|(_, it)| it.request.ticket == ticket);
        let Some((position, outstanding)) = found else { return false };
        outstanding.request.is_cancelled = true;
        if position == 0
            && let Some(watch) = &mut self.watch
        {
            watch.cancel(now_ns);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mote_abi::message::Completion;
    use mote_abi::outcome::Outcome;

    use super::*;
    use crate::pool::error::ExitReason;
    use crate::pool::fake_worker::{self, honest, publish};
    use crate::sys::clock::now_ns;

    /// Waits for the end of a worker's process.
    fn exit_reason(worker: &mut Worker) -> ExitReason {
        loop {
            if let Some(exit) = worker.exit_reason() {
                return exit;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// How the next job ended.
    fn outcome(worker: &mut Worker) -> Outcome {
        worker.take(now_ns()).unwrap().completed.outcome
    }

    #[test]
    fn overdue_invocation_is_signalled_and_one_in_its_budget_is_not() {
        let (mut worker, fake) = fake_worker::running_worker();
        publish(&mut worker, 1, b"");
        let entered_ns = now_ns();
        fake.outbox().running.set(1, entered_ns);
        for source in [Source::Breakpoint, Source::Signal] {
            assert_eq!(worker.oversee(entered_ns + 99_999, source), None);
        }
        assert_eq!(
            worker.oversee(entered_ns + 200_000, Source::Signal),
            Some(Interruption::Signal)
        );
        assert_eq!(worker.exit_reason(), None);
        worker.signal();
        assert_eq!(exit_reason(&mut worker).to_string(), "it was killed by signal 14 (SIGALRM)");
    }

    #[test]
    fn cancelled_job_is_signalled_when_it_runs_wherever_it_is() {
        let (mut worker, fake) = fake_worker::running_worker();
        publish(&mut worker, 1, b"");
        publish(&mut worker, 2, b"");
        assert!(worker.cancel(Ticket(2), now_ns()) && !worker.cancel(Ticket(3), now_ns()));
        fake.complete(1, honest());
        assert_eq!(outcome(&mut worker), Outcome::Ok);
        fake.outbox().running.set(2, now_ns());
        assert_eq!(worker.oversee(now_ns(), Source::OneShot), Some(Interruption::Signal));
        worker.signal();
        assert_eq!(fake.inbox().cancelled.load(Ordering::Relaxed), 2);
        fake.complete(2, Completion { outcome: Outcome::OverBudget as u8, cleanup: 2, ..honest() });
        assert_eq!(outcome(&mut worker), Outcome::Cancelled);
        assert!(matches!(exit_reason(&mut worker).to_string(), told if told.contains("SIGALRM")));
    }
}
