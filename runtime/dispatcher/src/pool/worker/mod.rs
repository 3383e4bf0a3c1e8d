//! One worker: its process, its areas, and the invocations it has, in order.
//!
//! ```text
//!  publish ──▶ line of the inbox ──▶ worker ──▶ line of the outbox ──▶ take ──▶ Report or ProtocolViolation
//!                 (doorbell if it sleeps)                             oversee ──▶ signal, or kill
//! ```
//!
//! One that was paused instead of having ended is in [`turns`].
//!
//! A killed worker was sent SIGKILL and is not listened to any more. What it has stays with it
//! until the process is gone: only then may its images be unloaded and its jobs run elsewhere.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use mote_abi::area::{RING_ENTRIES, signal_value};
use mote_abi::line::index;
use mote_abi::message::{Completion, Invoke};
use mote_abi::outcome::Outcome;
use mote_abi::park::WakeFence;
use rustix::thread::futex;

use crate::node::completed::Completed;
use crate::node::config::Source;
use crate::node::request::{Request, Waiting};
use crate::pool::areas::Areas;
use crate::pool::process::Process;
use crate::pool::report::{ProtocolViolation, Report};
use crate::pool::watchdog::{Action, Watch};
use crate::sched::slices::{PauseHistory, Paused, Slicing};
use crate::sys::clock::about_now_ns;

mod slices;

/// How many completions ahead of the one that is taken their bodies are asked for.
const AHEAD: u64 = 3;

/// A worker that takes requests.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Its place in the pool, which it has from a worker before it and leaves to the next.
    pub(crate) number: usize,
    pub(crate) process: Process,
    pub(crate) areas: Areas,
    /// How both sides keep from sleeping through a ring.
    pub(crate) wake_fence: WakeFence,
    next_sequence: u64,
    outstanding: VecDeque<Outstanding>,
    /// Watches the first of `outstanding`.
    watch: Option<Watch>,
    /// The last time that there was no completion to take: the next invocation entered after it.
    silent_ns: u64,
    /// The last completion whose body was asked for.
    fetched: u64,
    killed: Option<String>,
    /// How its jobs take turns, if they do.
    slicing: Option<Slicing>,
    /// Its jobs that are paused, in the order of their next turns.
    paused: VecDeque<Paused>,
}

/// A published request.
#[derive(Clone, Copy, Debug)]
struct Outstanding {
    sequence: u64,
    request: Request,
    published_ns: u64,
    /// What became of it before, if this resumes a job.
    past: Option<PauseHistory>,
}

impl Worker {
    /// A worker that was just started, its areas, and how its jobs take turns, if they do.
    pub(crate) fn new(
        number: usize,
        process: Process,
        areas: Areas,
        slicing: Option<Slicing>,
    ) -> Self {
        let wake_fence =
            WakeFence::from_number(areas.inbox().start.wake_fence.load(Ordering::Relaxed));
        Self {
            number,
            process,
            areas,
            wake_fence,
            next_sequence: 1,
            outstanding: VecDeque::with_capacity(RING_ENTRIES),
            watch: None,
            silent_ns: 0,
            fetched: 0,
            killed: None,
            slicing,
            paused: VecDeque::new(),
        }
    }

    /// How many invocations it has in its ring.
    pub(crate) fn load(&self) -> usize {
        self.outstanding.len()
    }

    /// What the worker says it has counted; only a number to show.
    pub(crate) fn stale_signals(&self) -> u64 {
        self.areas.outbox().status.stale_signals.load(Ordering::Relaxed).into()
    }

    pub(crate) fn is_condemned(&self) -> bool {
        self.killed.is_some()
    }

    /// When the watchdog has something to do, if it watches.
    pub(crate) fn watch_ns(&self) -> Option<u64> {
        let watch = self.watch.as_ref().filter(|_| !self.is_condemned())?;
        Some(watch.next_ns(self.is_waited_for()))
    }

    /// Sends a request. The caller saw that [`Worker::load`] is below [`RING_ENTRIES`].
    pub(crate) fn publish(&mut self, request: Request, invoke: Invoke, body: &[u8]) {
        let line = index(self.next_sequence, RING_ENTRIES);
        self.areas.write_request_body(line, body);
        self.publish_line(request, invoke, None);
    }

    fn publish_line(&mut self, request: Request, invoke: Invoke, past: Option<PauseHistory>) {
        debug_assert!(self.load() < RING_ENTRIES, "a line is reused only when it is free");
        let sequence = self.next_sequence;
        let line = index(sequence, RING_ENTRIES);
        let published_ns = about_now_ns();
        self.areas.inbox().requests[line].publish(sequence, invoke.to_words());
        self.wake_if_parked();
        self.next_sequence += 1;
        self.outstanding.push_back(Outstanding { sequence, request, published_ns, past });
        if self.outstanding.len() == 1 {
            self.watch_next();
        }
    }

    fn wake_if_parked(&self) {
        if self.areas.outbox().worker_parked.must_wake(self.wake_fence) {
            let doorbell = &self.areas.inbox().doorbell;
            doorbell.ring();
            // Waking an address that is mapped, as this one is, does not fail.
            let _woken = futex::wake(doorbell.futex(), futex::Flags::empty(), 1);
        }
    }

    fn watch_next(&mut self) {
        self.watch = self
            .outstanding
            .front()
            .map(|next| Watch::new(self.limits(next), next.published_ns.max(self.silent_ns)));
    }

    /// Whether a completion can be taken.
    pub(crate) fn has_completion(&self) -> bool {
        !self.is_condemned()
            && self.outstanding.front().is_some_and(|next| self.poll(next).is_some())
    }

    fn poll(&self, next: &Outstanding) -> Option<Completion> {
        let line = &self.areas.outbox().completions[index(next.sequence, RING_ENTRIES)];
        line.poll(next.sequence).map(Completion::from_words)
    }

    /// Takes the next completion, if there is one, in a turn that began at `turn_ns`; what was paused
    /// before it is remembered. A false claim kills the worker.
    pub(crate) fn take(&mut self, turn_ns: u64) -> Option<Completed> {
        loop {
            let (next, completion) = self.next_completion(turn_ns)?;
            self.fetch(next.sequence);
            // What was found may be younger than the turn.
            let taken_ns = about_now_ns();
            if completion.paused == 0 {
                return self.end(&next, &completion, taken_ns);
            }
            self.pause(&next, &completion, taken_ns);
        }
    }

    fn next_completion(&mut self, turn_ns: u64) -> Option<(Outstanding, Completion)> {
        let next = *self.outstanding.front()?;
        if self.is_condemned() {
            return None;
        }
        let Some(completion) = self.poll(&next) else {
            self.silent_ns = turn_ns;
            return None;
        };
        Some((next, completion))
    }

    fn end(
        &mut self,
        next: &Outstanding,
        completion: &Completion,
        taken_ns: u64,
    ) -> Option<Completed> {
        match Report::check(completion, next.published_ns, taken_ns) {
            Err(claim) => {
                self.kill_for(claim);
                None
            }
            Ok(report) => {
                self.outstanding.pop_front();
                self.watch_next();
                Some(self.completed(next, &report, taken_ns))
            }
        }
    }

    fn kill_for(&mut self, claim: ProtocolViolation) {
        self.kill(format!("it was not believed: {claim}"));
    }

    /// Asks for the body of the completion `sequence`, and for those of the next that are there already.
    fn fetch(&mut self, sequence: u64) {
        self.areas.prefetch_completion_body(index(sequence, RING_ENTRIES));
        self.fetched = self.fetched.max(sequence);
        while self.fetched < sequence + AHEAD {
            let next = self.fetched + 1;
            if !self.areas.outbox().completions[index(next, RING_ENTRIES)].is_published(next) {
                break;
            }
            self.areas.prefetch_completion_body(index(next, RING_ENTRIES));
            self.fetched = next;
        }
    }

    fn completed(&self, ended: &Outstanding, report: &Report, taken_ns: u64) -> Completed {
        let line = index(ended.sequence, RING_ENTRIES);
        let bytes = self.areas.completion_body(line, report.body_bytes);
        let log = self.areas.completion_log(line, report.log_bytes);
        let is_ok = report.outcome == Outcome::Ok;
        let has_text = report.outcome == Outcome::Error || !bytes.is_empty();
        let error = (!is_ok && has_text).then(|| text(&bytes));
        Completed {
            outcome: report.outcome,
            cleanup: report.cleanup,
            body: if is_ok { bytes } else { Vec::new() },
            error,
            log: text(&log),
            latency_ns: Some(ended.first_entry_ns(report).saturating_sub(ended.stamp_ns())),
            late_ns: report.late_ns,
            cleanup_ns: report.cleanup_ns,
            arena_peak_bytes: report.arena_peak_bytes,
            tokens: report.tokens,
            unwinding: report.unwinding,
            ..self.lost(ended, taken_ns)
        }
    }

    /// Does what the deadlines demand. Only the watchdog signals: other sources are the worker's own.
    pub(crate) fn oversee(&mut self, now_ns: u64, source: Source) {
        let is_waited_for = self.is_waited_for();
        let (Some(watch), Some(next)) = (self.watch.as_mut(), self.outstanding.front()) else {
            return;
        };
        if self.killed.is_some() {
            return;
        }
        let running = &self.areas.outbox().running;
        match watch.turn(now_ns, is_waited_for, || running.entered_ns(next.sequence)) {
            Action::Signal if source == Source::Watchdog => {
                self.process.preempt(signal_value(next.sequence))
            }
            Action::Signal | Action::None => {}
            Action::Kill(reason) => self.kill(reason.to_string()),
        }
    }

    /// Kills it, for this reason.
    pub(crate) fn kill(&mut self, why: String) {
        self.process.kill();
        self.killed.get_or_insert(why);
    }

    /// Why the worker is gone, once it is.
    pub(crate) fn exit_reason(&mut self) -> Option<String> {
        let death = self.process.death()?;
        let own = crate::pool::start::exit_reason(&self.areas.outbox().status);
        Some(match &self.killed {
            Some(why) => why.clone(),
            None => format!("{death}{own}"),
        })
    }

    /// What it leaves: the invocations that may have run, lost, and those that never started.
    ///
    /// The caller knows that the process is gone.
    pub(crate) fn leave(mut self, why: &str, now_ns: u64) -> (Vec<Completed>, Vec<Waiting>) {
        let first = self.outstanding.pop_front();
        let paused = self.paused.iter().map(Outstanding::of_paused);
        let (resumed, new): (Vec<_>, Vec<_>) =
            self.outstanding.iter().copied().partition(|behind| behind.past.is_some());
        let started = first.into_iter().chain(resumed).chain(paused);
        let lost = started.map(|started| Completed {
            error: Some(format!("worker process {} was lost: {why}", self.process.pid())),
            latency_ns: self.alleged_latency(&started, now_ns),
            ..self.lost(&started, now_ns)
        });
        (lost.collect(), new.iter().map(|behind| self.waiting(behind)).collect())
    }

    fn alleged_latency(&self, next: &Outstanding, now_ns: u64) -> Option<u64> {
        if let Some(past) = next.past {
            return Some(past.entered_ns.saturating_sub(past.stamp_ns));
        }
        let entered_ns = self.areas.outbox().running.entered_ns(next.sequence)?;
        let is_plausible = (next.published_ns..=now_ns).contains(&entered_ns);
        is_plausible.then(|| entered_ns.saturating_sub(next.stamp_ns()))
    }

    fn waiting(&self, behind: &Outstanding) -> Waiting {
        let line = index(behind.sequence, RING_ENTRIES);
        let bytes = behind.request.spec.body_bytes as usize;
        let body = self.areas.request_body(line, bytes);
        Waiting { request: behind.request, body, since_ns: 0 }
    }

    fn lost(&self, next: &Outstanding, now_ns: u64) -> Completed {
        Completed {
            stamp_ns: next.stamp_ns(),
            total_ns: now_ns.saturating_sub(next.stamp_ns()),
            pauses: next.past.map_or(0, |past| past.pauses),
            worker_pid: self.process.pid(),
            ..next.request.lost()
        }
    }
}

impl Outstanding {
    fn stamp_ns(&self) -> u64 {
        match self.past {
            Some(past) => past.stamp_ns,
            None => self.request.cold_ns.unwrap_or(self.published_ns),
        }
    }
}

/// Bytes of a service as text.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
