//! Lines of a worker's ring that are free, and what is published in them: a job, or a paused one that goes on.

use mote_abi::area::RING_ENTRIES;
use mote_abi::line::index;
use mote_abi::message::Invoke;

use crate::images::services::Start;
use crate::job::request::Request;
use crate::pool::outstanding::{Outstanding, Paused};
use crate::pool::watchdog::Limits;
use crate::pool::worker::Worker;
use crate::sys::clock::about_now_ns;

/// Room for one more job in a worker's ring.
#[derive(Debug)]
pub(crate) struct FreeLine<'a>(&'a mut Worker);

/// A paused job whose slice has come, and the line for it.
#[derive(Debug)]
#[must_use = "the job is lost unless it is resumed"]
pub(crate) struct Resumption<'a> {
    line: FreeLine<'a>,
    paused: Paused,
}

impl Worker {
    /// Room for one more job, if it has fewer than `depth` in its ring.
    pub(crate) fn free_line(&mut self, depth: usize) -> Option<FreeLine<'_>> {
        (self.load() < depth.min(RING_ENTRIES)).then_some(FreeLine(self))
    }

    /// Whether a job that goes into its ring at `now_ns` is started by `start_by_ns`, however long those before
    /// it take.
    #[inline]
    pub(crate) fn starts_next_by(&self, now_ns: u64, start_by_ns: u64) -> bool {
        start_by_ns == u64::MAX || self.load() == 0 || self.busy_until_ns(now_ns) <= start_by_ns
    }

    fn busy_until_ns(&self, now_ns: u64) -> u64 {
        let limits = self.outstanding.iter().map(|before| Limits::of(&before.request.spec));
        let times = limits.map(|limits| limits.budget_ns.saturating_add(limits.grace_ns));
        times.fold(now_ns, u64::saturating_add)
    }

    /// The paused job that goes on next, if there is room for it too.
    pub(crate) fn next_slice(&mut self, depth: usize) -> Option<Resumption<'_>> {
        if self.load() >= depth.min(RING_ENTRIES) {
            return None;
        }
        let paused = self.slices.pop()?;
        Some(Resumption { line: FreeLine(self), paused })
    }
}

impl FreeLine<'_> {
    /// The worker whose ring it is in.
    pub(crate) fn worker(&self) -> usize {
        self.0.number
    }

    /// Sends a request: `start` says where its image is.
    pub(crate) fn publish(self, request: Request, start: Start, body: &[u8]) {
        let Start { resident, invoke, cold_ns } = start;
        let line = index(self.0.next_sequence, RING_ENTRIES);
        self.0.tenant.get_or_insert(request.spec.tenant);
        self.0.areas.write_request_body(line, body);
        self.publish_line(&invoke, |sequence, published_ns| Outstanding {
            sequence,
            request,
            resident,
            published_ns,
            stamp_ns: cold_ns.unwrap_or(published_ns),
            body_bytes: request.spec.request_bytes as usize,
            history: None,
        });
    }

    fn publish_line(self, invoke: &Invoke, outstanding: impl FnOnce(u64, u64) -> Outstanding) {
        let worker = self.0;
        let sequence = worker.next_sequence;
        let line = index(sequence, RING_ENTRIES);
        let published_ns = about_now_ns();
        worker.areas.inbox().requests[line].publish(sequence, invoke.to_words());
        worker.wake_if_parked();
        worker.next_sequence += 1;
        worker.outstanding.push_back(outstanding(sequence, published_ns));
        if worker.outstanding.len() == 1 {
            worker.watch_next();
        }
    }
}

impl Resumption<'_> {
    /// The worker that it is paused on.
    pub(crate) fn worker(&self) -> usize {
        self.line.worker()
    }

    /// Lets the job go on; `generation` is that of its worker's text.
    pub(crate) fn resume(self, generation: u32) {
        let Self { line, paused } = self;
        let index = index(line.0.next_sequence, RING_ENTRIES);
        line.0.areas.write_request_body(index, &paused.replies);
        let invoke = Invoke {
            generation,
            resume: paused.history.slot + 1,
            budget_us: paused.left_us(),
            body_bytes: paused.replies.len() as u32,
            ..Invoke::default()
        };
        line.publish_line(&invoke, |sequence, now_ns| paused.resumed(sequence, now_ns));
    }
}
