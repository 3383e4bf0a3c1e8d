//! Jobs that nobody waits for any more: those that could not start in time, and those that are cancelled.

use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, NodeConfig, ServiceId, Source, now_ns};
use mote_tests::signals::send;
use mote_tests::{AMPLE_US, SHORT_US, TestNode};

fn job(service: ServiceId, mode: Mode, budget_us: u32) -> Job<'static> {
    let (heap, grace_us, memory_kib) = (Heap::Bump, AMPLE_US, 4096);
    Job { service, body: b"world", mode, heap, budget_us, grace_us, memory_kib }
}

fn all(node: &mut TestNode) -> Vec<Completed> {
    std::iter::from_fn(|| node.wait()).collect()
}

/// Until that many nanoseconds from now.
fn until(ns: u64) -> u64 {
    now_ns() + ns
}

#[test]
fn job_that_cannot_start_in_time_expires_and_does_not_run() {
    let mut node = TestNode::default();
    let (spin, hello) = (node.service("spin"), node.service("hello"));
    let busy = node.submit(job(spin, Mode::Discard, 200_000)).unwrap();
    let late = node.submit_by(job(hello, Mode::Guarded, AMPLE_US), until(20_000_000)).unwrap();
    let patient = node.submit(job(hello, Mode::Guarded, AMPLE_US)).unwrap();
    let never = node.submit_by(job(hello, Mode::Guarded, AMPLE_US), 1).unwrap();
    let ended = all(&mut node);
    let outcomes: Vec<_> = ended.iter().map(|ended| (ended.ticket, ended.outcome)).collect();
    let expected = [
        (never, Outcome::Expired),
        (late, Outcome::Expired),
        (busy, Outcome::OverBudget),
        (patient, Outcome::Ok),
    ];
    assert_eq!(outcomes, expected, "{ended:?}");
    assert_eq!((ended[1].worker_pid, ended[1].latency_ns), (0, None), "no worker had it");
    let in_time = node.submit_by(job(hello, Mode::Guarded, AMPLE_US), until(20_000_000_000));
    let ended = all(&mut node);
    assert_eq!((ended[0].ticket, ended[0].outcome), (in_time.unwrap(), Outcome::Ok));
}

#[test]
fn waiting_job_that_is_cancelled_does_not_run() {
    let mut node = TestNode::start(&NodeConfig { depth: 1, ..NodeConfig::default() });
    let spin = node.service("spin");
    let busy = node.submit(job(spin, Mode::Discard, SHORT_US)).unwrap();
    let waiting = node.submit(job(spin, Mode::Discard, AMPLE_US)).unwrap();
    assert!(node.cancel(waiting));
    assert!(!node.cancel(waiting), "it has ended");
    let ended = all(&mut node);
    assert_eq!(ended.len(), 2);
    assert_eq!((ended[0].ticket, ended[0].outcome), (waiting, Outcome::Cancelled));
    assert_eq!((ended[1].ticket, ended[1].outcome), (busy, Outcome::OverBudget));
    assert!(!node.cancel(busy), "it has ended");
}

#[test]
fn running_job_that_is_cancelled_is_stopped_with_its_cleanup() {
    let sources = [Source::Signal, Source::OneShot, Source::Periodic { quantum_us: 500 }];
    for (source, slice_us) in sources.into_iter().zip([None, None, Some(200)]) {
        let mut node = TestNode::start(&NodeConfig { source, slice_us, ..NodeConfig::default() });
        let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
        let service = node.service("guard_spin");
        for (mode, cleanup) in
            [(Mode::Inject, Cleanup::Unwound), (Mode::Discard, Cleanup::Discarded)]
        {
            // The second waits in the ring, or is paused in turn.
            let tickets = [(); 2].map(|()| node.submit(job(service, mode, AMPLE_US)).unwrap());
            std::thread::sleep(std::time::Duration::from_millis(5));
            assert_eq!(node.poll(), None);
            assert!(tickets.iter().all(|&ticket| node.cancel(ticket)));
            for ended in all(&mut node) {
                let told = (ended.outcome, ended.cleanup, ended.worker_pid);
                assert_eq!(told, (Outcome::Cancelled, cleanup, pid), "{source:?}: {ended:?}");
                assert_eq!(ended.tokens.created, ended.tokens.released + ended.tokens.reclaimed);
            }
            node.canary(pid);
        }
    }
}

#[test]
fn cancelled_job_behind_one_whose_worker_dies_does_not_run() {
    let mut node = TestNode::default();
    let (spin, hello) = (node.service("spin"), node.service("hello"));
    node.submit(job(spin, Mode::Discard, AMPLE_US)).unwrap();
    let behind = node.submit(job(hello, Mode::Guarded, AMPLE_US)).unwrap();
    assert!(node.cancel(behind));
    send(node.worker_pids()[0], 9);
    let mut outcomes: Vec<_> = all(&mut node).iter().map(|ended| ended.outcome).collect();
    outcomes.sort_by_key(|outcome| *outcome == Outcome::Cancelled);
    assert_eq!(outcomes, [Outcome::WorkerLost, Outcome::Cancelled]);
}
