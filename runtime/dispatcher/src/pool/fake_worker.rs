//! For tests: a worker whose process stands still, and whose side of the areas a test plays.

use std::os::fd::AsFd;

use mote_abi::area::{
    INBOX_BYTES, Inbox, OUTBOX_BYTES, Outbox, RING_ENTRIES, body_offset, log_offset,
};
use mote_abi::line::index;
use mote_abi::message::{Completion, Invoke, NOT_PREEMPTED};
use mote_abi::park::WakeFence;
use rustix::thread::futex;

use crate::config::slicing::Slicing;
use crate::images::services::Start;
use crate::images::services::tests::resident;
use crate::job::request::Request;
pub(crate) use crate::job::request::tests::request;
use crate::pool::areas::Areas;
use crate::pool::process::Process;
use crate::pool::process::tests::{start_program, stopped};
use crate::pool::worker::Worker;
use crate::sys::clock::now_ns;
use crate::sys::mapping::Mapping;

/// How a fake's jobs share it: no honest fake pauses before a test says so.
pub(crate) const SLICING: Option<Slicing> =
    Some(Slicing { slice_us: Some(10), may_wait: true, stack_slots: 3 });

/// The worker's own view of its areas.
pub(crate) struct FakeWorker {
    inbox: Mapping,
    outbox: Mapping,
}

/// A worker and who plays its part. Its process stands still; signals other than SIGKILL only pend.
pub(crate) fn worker() -> (Worker, FakeWorker) {
    with_process(stopped)
}

/// As [`worker`], with a process that lives until the first signal.
pub(crate) fn running_worker() -> (Worker, FakeWorker) {
    let program = std::fs::read("/usr/bin/yes").unwrap();
    with_process(|files| start_program(&program, files).unwrap())
}

fn with_process(
    start: impl FnOnce(&crate::pool::areas::AreaFiles) -> Process,
) -> (Worker, FakeWorker) {
    let (areas, files) = Areas::create().unwrap();
    let inbox = Mapping::read_only(files.inbox.as_fd(), INBOX_BYTES).unwrap();
    let outbox = Mapping::new(files.outbox.as_fd(), OUTBOX_BYTES).unwrap();
    (Worker::new(0, start(&files), areas, SLICING), FakeWorker { inbox, outbox })
}

/// What says where an image is, if no worker looks.
pub(crate) fn start(body: &[u8]) -> Start {
    let invoke = Invoke { body_bytes: body.len() as u32, ..Invoke::default() };
    Start { resident: resident(), invoke, cold_ns: None }
}

/// Sends a request with this ticket to `worker`.
pub(crate) fn publish(worker: &mut Worker, ticket: u64, body: &[u8]) {
    publish_request(worker, request(ticket, body), body);
}

/// Sends `request` to `worker`.
pub(crate) fn publish_request(worker: &mut Worker, request: Request, body: &[u8]) {
    worker.free_line(RING_ENTRIES).unwrap().publish(request, start(body), body);
}

/// A completion that an honest worker could send now.
pub(crate) fn honest() -> Completion {
    Completion { entered_ns: now_ns(), late_ns: NOT_PREEMPTED, ..Completion::default() }
}

impl FakeWorker {
    pub(crate) fn inbox(&self) -> &Inbox {
        self.inbox.head()
    }

    pub(crate) fn outbox(&self) -> &Outbox {
        self.outbox.head()
    }

    /// The request of `sequence` and its body, if it is there.
    pub(crate) fn request(&self, sequence: u64) -> Option<(Invoke, Vec<u8>)> {
        let line = index(sequence, RING_ENTRIES);
        let invoke = Invoke::from_words(self.inbox().requests[line].poll(sequence)?);
        let body = self.inbox.copy_out(body_offset(line), invoke.body_bytes as usize);
        Some((invoke, body))
    }

    /// Says that `sequence` ended.
    pub(crate) fn complete(&self, sequence: u64, completion: Completion) {
        let line = index(sequence, RING_ENTRIES);
        self.outbox().completions[line].publish(sequence, completion.to_words());
        if self.inbox().dispatcher_parked.must_wake(WakeFence::ByWaker) {
            let doorbell = &self.outbox().doorbell;
            doorbell.ring();
            futex::wake(doorbell.futex(), futex::Flags::empty(), 1).unwrap();
        }
    }

    /// Leaves a body and a log, then says that `sequence` ended.
    pub(crate) fn respond(&self, sequence: u64, body: &[u8], log: &[u8], completion: Completion) {
        let line = index(sequence, RING_ENTRIES);
        self.outbox.copy_in(body_offset(line), body);
        self.outbox.copy_in(log_offset(line), log);
        let (body_bytes, log_bytes) = (body.len() as u32, log.len() as u16);
        self.complete(sequence, Completion { body_bytes, log_bytes, ..completion });
    }
}
