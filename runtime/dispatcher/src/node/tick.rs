//! What a node does while its caller waits: ticks, each of which takes, enforces and feeds.

use std::sync::Arc;

use mote_abi::outcome::Outcome;

use crate::images::error::PlaceError;
use crate::images::strikes::Strike;
use crate::job::completed::{Completed, Ending};
use crate::job::request::{Request, Waiting};
use crate::journal::State;
use crate::node::Node;
use crate::node::error::SubmitError;
use crate::pool::sleep::Alarm;
use crate::pool::worker::oversight::Interruption;
use crate::sched::wait::WaitAction;
use crate::sys::clock::about_now_ns;

impl Node {
    /// Gives a job to a worker, or queues it.
    pub(super) fn accept(&mut self, request: Request, body: &[u8]) -> Result<(), SubmitError> {
        if request.start_by_ns <= request.submitted_ns {
            self.journal.accept(request.ticket, State::Queued);
            self.expire(&request);
            return Ok(());
        }
        if self.queue.is_empty()
            && self.queue.shares.may_start(&request.spec)
            && let Some(line) = self.pool.free_line(&request, request.submitted_ns)
        {
            match self.services.enter(&request.spec, line.worker()) {
                Ok(start) => {
                    let worker = line.worker();
                    line.publish(request, start, body);
                    self.queue.shares.started(&request.spec);
                    self.journal.accept(request.ticket, State::Given { worker });
                    return Ok(());
                }
                // Running jobs hold all that is placed: it waits for the end of one.
                Err(PlaceError::Zone { .. }) => {}
                Err(why) => return Err(why.into()),
            }
        }
        self.services.check_placeable(request.spec.service)?;
        let room = self.queue.room(request.spec.tenant, request.spec.service)?;
        room.push(request, body);
        self.journal.accept(request.ticket, State::Queued);
        if self.queue.shares.is_limiting() {
            // What waits may all be held up by limits, while workers are free.
            while self.feed(request.submitted_ns) {}
        }
        Ok(())
    }

    /// One tick that begins now: what has ended, deadlines, and jobs for whoever has room.
    pub(super) fn tick(&mut self, now_ns: u64) {
        self.serve(now_ns);
        let took_ns = about_now_ns().saturating_sub(now_ns);
        self.longest_tick_ns = self.longest_tick_ns.max(took_ns);
    }

    fn serve(&mut self, now_ns: u64) {
        self.pool.tick(now_ns, &mut self.events);
        for (worker, interruption) in self.events.overdue.drain(..) {
            match interruption {
                Interruption::Breakpoints => self.pool.stop(worker, &mut self.services),
                Interruption::Rehearsal => self.pool.rehearse(worker, &mut self.services),
                Interruption::Signal => self.pool.signal(worker),
            }
        }
        self.collect();
        if self.may_suspend {
            self.tend_upstreams(now_ns);
        }
        if self.queue.is_empty() && !(self.may_suspend && self.pool.has_paused()) {
            return;
        }
        if let Some(why) = self.pool.abandoned() {
            let why = why.clone();
            while let Some(lost) = self.queue.pop_lost(&why) {
                self.finish(lost);
            }
        }
        while let Some(waiting) = self.queue.pop_expired(now_ns) {
            self.expire(&waiting.request);
        }
        while self.feed(now_ns) {}
    }

    /// Hands out an answer, if the request has none yet.
    fn finish(&mut self, completed: Completed) {
        if self.journal.answer(completed.ticket) {
            self.finished.push(completed);
        }
    }

    fn expire(&mut self, request: &Request) {
        let why = "no worker could start it in time";
        self.finish(request.not_run(Ending::unreported(Outcome::Expired, why)));
    }

    pub(super) fn drop_cancelled(&mut self, request: &Request) {
        let why = "it was cancelled before it ran";
        self.finish(request.not_run(Ending::unreported(Outcome::Cancelled, why)));
    }

    /// Takes what the pool brought: jobs that ended, and those that go back to the queue.
    fn collect(&mut self) {
        while let Some(ended) = self.events.ended.pop_front() {
            self.queue.note_end(ended.tenant, &ended.completed);
            self.upstreams.forget(ended.completed.ticket);
            self.services.leave(ended.resident);
            self.services.note(&ended.completed);
            if ended.is_suspect
                && let Some(strike) = Strike::of(&ended.completed)
            {
                self.services.strike(ended.completed.service, strike, self.ban_after);
            }
            self.finish(ended.completed);
        }
        for orphan in std::mem::take(&mut self.events.orphans) {
            self.services.leave(orphan.resident);
            let spec = &orphan.waiting.request.spec;
            self.queue.shares.left(spec.tenant, spec.service);
            if orphan.is_suspect {
                self.services.strike(spec.service, Strike::LostWorker, self.ban_after);
            }
            self.journal.take_back(orphan.waiting.request.ticket);
            if orphan.waiting.request.is_cancelled {
                self.drop_cancelled(&orphan.waiting.request);
            } else {
                self.queue.put_back(orphan.waiting);
            }
        }
    }

    /// Gives one more job to a worker that has room, or lets a paused one go on: whichever waits longer.
    /// False if there is none, or no room.
    fn feed(&mut self, now_ns: u64) -> bool {
        if self.resume_one(self.queue.first_ns()) {
            return true;
        }
        let Some(first) = self.queue.select() else { return false };
        let Some(line) = self.pool.free_line(&first, now_ns) else {
            return self.feed_batch(&first, now_ns);
        };
        let Some(next) = self.queue.pop() else { return false };
        let entered = self.services.enter(&next.request.spec, line.worker());
        let worker = line.worker();
        let given = entered.map(|start| line.publish(next.request, start, &next.body));
        self.settle(given.map(|()| worker), next)
    }

    /// What becomes of a job that was taken from the queue, and given to that worker if it was. False if nobody takes any at present.
    pub(super) fn settle(&mut self, given: Result<usize, PlaceError>, next: Waiting) -> bool {
        match given {
            Ok(worker) => {
                self.queue.shares.started(&next.request.spec);
                self.journal.give(next.request.ticket, worker);
            }
            Err(PlaceError::Zone { .. })
                if self.services.check_placeable(next.request.spec.service).is_ok() =>
            {
                // Other images fill the windows, and jobs on workers hold them: it goes first when they end.
                self.queue.put_back(next);
                return self.resume_one(u64::MAX);
            }
            Err(why) => {
                let ending = Ending::unreported(Outcome::Cancelled, why);
                self.finish(next.request.not_run(ending));
            }
        }
        true
    }

    /// Lets the job go on that is paused for longest, if that is since `before_ns` or longer. False if there is
    /// none, or no room.
    fn resume_one(&mut self, before_ns: u64) -> bool {
        if !self.may_suspend {
            return false;
        }
        let Some(next) = self.pool.next_slice(before_ns) else { return false };
        let generation = self.services.generation(next.worker());
        next.resume(generation);
        true
    }

    /// Ticks until `done` has an answer. Spins, then sleeps.
    pub(super) fn tick_until<T>(
        &mut self,
        alarm: Option<Alarm<'_>>,
        mut done: impl FnMut(&mut Self) -> Option<T>,
    ) -> T {
        let mut fruitful_ns = None;
        let is_woken = alarm.is_none() && self.may_suspend;
        let bell = Arc::clone(&self.bell);
        // Replies of upstreams ring the bell too. Whoever rang for the caller of another wait is heard then.
        let alarm = if is_woken { Some(Alarm { bell: Some(&bell), ..Alarm::NONE }) } else { alarm };
        let mut was_rung = false;
        loop {
            if let Some(answer) = done(self) {
                if was_rung {
                    bell.ring();
                }
                return answer;
            }
            was_rung |= is_woken && bell.take();
            let (now_ns, before) = (about_now_ns(), self.finished.len());
            self.tick(now_ns);
            if self.finished.len() == before {
                self.rest(now_ns, *fruitful_ns.get_or_insert(now_ns), alarm);
            } else {
                fruitful_ns = Some(now_ns);
            }
        }
    }

    fn rest(&self, now_ns: u64, fruitful_ns: u64, alarm: Option<Alarm<'_>>) {
        let deadline_in_ns = self.pool.deadline_ns().map(|at_ns| at_ns.saturating_sub(now_ns));
        match self.wait_policy.rest(now_ns - fruitful_ns, deadline_in_ns) {
            // A tick takes about as long as a `pause`, and nobody shares this processor.
            WaitAction::Spin => {}
            WaitAction::Sleep => {
                let alarm = alarm.map_or(Alarm::NONE, |alarm| alarm);
                let until_ns = alarm.until_ns.min(self.queue.next_deadline_ns());
                let until_ns = until_ns.min(self.upstreams.next_deadline_ns());
                self.pool.sleep(now_ns, self.wait_policy.lead_ns(), Alarm { until_ns, ..alarm });
            }
        }
    }
}
