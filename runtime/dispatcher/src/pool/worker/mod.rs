//! One worker: its process, its areas, and the invocations it has, in order.
//!
//! ```text
//!  free_line ─▶ publish ─▶ line of the inbox ─▶ worker ─▶ line of the outbox ─▶ take ─▶ Report or ProtocolViolation
//!                             (doorbell if it is parked)                      oversee ─▶ stop or signal, or kill
//! ```
//!
//! A killed worker was sent SIGKILL and is not listened to any more. What it has stays with it
//! until the process is gone: only then may its images be unloaded and its jobs run elsewhere.

mod checked;
mod ending;
pub(crate) mod lines;
pub(crate) mod oversight;
pub(crate) mod remains;
pub(crate) mod stopping;
mod waiting;

use std::collections::VecDeque;
use std::sync::atomic::Ordering;

use mote_abi::area::RING_ENTRIES;
use mote_abi::line::index;
use mote_abi::message::Completion;
use mote_abi::park::WakeFence;
use rustix::thread::futex;

use crate::config::slicing::Slicing;
use crate::job::called::Called;
use crate::job::ids::TenantId;
use crate::pool::areas::Areas;
use crate::pool::error::{Cause, ExitReason, StartError};
use crate::pool::outstanding::{Ended, Outstanding};
use crate::pool::process::Process;
use crate::pool::slices::Slices;
use crate::pool::start::{LastWords, Progress};
use crate::pool::stop::pace::StopPace;
use crate::pool::watchdog::stall::Stall;
use crate::pool::watchdog::{Limits, Watch};
use crate::pool::worker::checked::Checked;
use crate::sys::clock::about_now_ns;

/// How many completions beyond the one that is taken have their bodies prefetched.
const PREFETCHED: u64 = 3;

/// A worker that takes requests.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Its place in the pool, which it has from a worker before it and leaves to the next.
    pub(crate) number: usize,
    pub(crate) process: Process,
    pub(crate) areas: Areas,
    /// How both sides keep from sleeping through a ring.
    pub(crate) wake_fence: WakeFence,
    /// Whose jobs it was given: the first's, and where tenants do not share workers everybody's.
    pub(crate) tenant: Option<TenantId>,
    next_sequence: u64,
    outstanding: VecDeque<Outstanding>,
    /// Watches the first of `outstanding`.
    watch: Option<Watch>,
    /// If that one does not answer: since when.
    stall: Option<Stall>,
    /// The last time that there was no completion to take: the next invocation entered after it.
    silent_ns: u64,
    /// The last completion whose body was prefetched.
    prefetched: u64,
    killed: Option<ExitReason>,
    slices: Slices,
    /// What has begun to wait, and nobody was told.
    called: Vec<Called>,
    stop_pace: StopPace,
}

impl Worker {
    /// A worker that was just started, its areas, and how its jobs share it, if they do.
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
            tenant: None,
            next_sequence: 1,
            outstanding: VecDeque::with_capacity(RING_ENTRIES),
            watch: None,
            stall: None,
            silent_ns: 0,
            prefetched: 0,
            killed: None,
            slices: Slices::new(slicing),
            called: Vec::new(),
            stop_pace: StopPace::default(),
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

    /// The same of traps on breakpoints that were restored.
    pub(crate) fn stale_traps(&self) -> u64 {
        self.areas.outbox().status.stale_traps.load(Ordering::Relaxed).into()
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.killed.is_some()
    }

    /// Whether it ends, or says so: it gets no more jobs.
    pub(crate) fn is_ending(&self) -> bool {
        self.is_killed() || self.areas.outbox().life.is_over()
    }

    /// When the watchdog has something to do, if it watches.
    pub(crate) fn watch_ns(&self) -> Option<u64> {
        let watch = self.watch.as_ref().filter(|_| !self.is_killed())?;
        Some(watch.next_ns(self.is_waited_for()))
    }

    /// Since when the paused job that goes on next waits for its slice, if any is paused.
    pub(crate) fn first_paused_ns(&self) -> Option<u64> {
        self.slices.first_ns()
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
        self.stall = None;
        self.watch = self.outstanding.front().map(|next| {
            let spent_us = next.history.map_or(0, |history| history.spent_us);
            let limits = Limits::of(&next.request.spec).less(spent_us);
            let limits = Limits { slice_ns: self.slices.slice_ns(), ..limits };
            let mut watch = Watch::new(limits, next.published_ns.max(self.silent_ns));
            if next.request.is_cancelled {
                watch.cancel(self.silent_ns);
            }
            watch
        });
    }

    /// Whether another job waits in its ring, and the first could be paused for it.
    fn is_waited_for(&self) -> bool {
        let behind = self.outstanding.iter().skip(1);
        let resumed = behind.filter(|behind| behind.history.is_some()).count();
        self.outstanding.len() > 1 && self.slices.has_room(resumed)
    }

    /// Whether a completion can be taken.
    pub(crate) fn has_completion(&self) -> bool {
        !self.is_killed() && self.outstanding.front().is_some_and(|next| self.poll(next).is_some())
    }

    fn poll(&self, next: &Outstanding) -> Option<Completion> {
        let line = &self.areas.outbox().completions[index(next.sequence, RING_ENTRIES)];
        line.poll(next.sequence).map(Completion::from_words)
    }

    /// Takes the next completion, if there is one, in a tick that began at `tick_ns`; what was paused
    /// before it is remembered. A report that cannot be true kills the worker.
    pub(crate) fn take(&mut self, tick_ns: u64) -> Option<Ended> {
        loop {
            let completion = self.next_completion(tick_ns)?;
            let next = self.outstanding.pop_front()?;
            self.prefetch(next.sequence);
            let line = index(next.sequence, RING_ENTRIES);
            // What was found may be younger than the tick.
            let taken_ns = about_now_ns();
            let behind = self.outstanding.iter();
            let checked = Checked::new(&completion, &next, behind, &self.slices, taken_ns);
            if checked.is_ok() {
                self.areas.clear_request_body(line, next.body_bytes);
            }
            match checked {
                Ok(Checked::Ended(report)) => {
                    self.watch_next();
                    let ending = self.ending(&next, &report);
                    return Some(next.ended(self.process.pid(), taken_ns, ending));
                }
                Ok(Checked::Paused(history)) => {
                    self.watch_next();
                    self.slices.push(next.paused(history, taken_ns));
                }
                Ok(Checked::Waits { history, call_bytes }) => {
                    self.watch_next();
                    let calls = self.areas.take_completion_body(line, call_bytes);
                    self.wait(next.paused(history, taken_ns), calls);
                }
                Err(violation) => {
                    self.outstanding.push_front(next);
                    self.kill(violation.into());
                    return None;
                }
            }
        }
    }

    fn next_completion(&mut self, tick_ns: u64) -> Option<Completion> {
        if self.is_killed() {
            return None;
        }
        let completion = self.poll(self.outstanding.front()?);
        if completion.is_none() {
            self.silent_ns = tick_ns;
        }
        completion
    }

    /// Prefetches the body of the completion `sequence`, and those of the next that are there already.
    fn prefetch(&mut self, sequence: u64) {
        self.areas.prefetch_completion_body(index(sequence, RING_ENTRIES));
        self.prefetched = self.prefetched.max(sequence);
        while self.prefetched < sequence + PREFETCHED {
            let next = self.prefetched + 1;
            if !self.areas.outbox().completions[index(next, RING_ENTRIES)].is_published(next) {
                break;
            }
            self.areas.prefetch_completion_body(index(next, RING_ENTRIES));
            self.prefetched = next;
        }
    }

    /// Kills it, for this reason.
    pub(crate) fn kill(&mut self, cause: Cause) {
        self.process.kill();
        self.killed.get_or_insert(cause.into());
    }

    /// Why its start failed: it did not become ready, for this reason.
    pub(crate) fn not_ready(&self, exit: ExitReason) -> StartError {
        let progress = Progress::of(&self.areas.outbox().status);
        StartError::NotReady { worker: self.number, pid: self.process.pid(), progress, exit }
    }

    /// Why the worker is gone, once it is.
    pub(crate) fn exit_reason(&mut self) -> Option<ExitReason> {
        let death = self.process.death()?;
        let last_words = LastWords::of(&self.areas.outbox().status);
        Some(self.killed.unwrap_or_else(|| Cause::Died { death, last_words }.into()))
    }
}

#[cfg(test)]
mod tests;
