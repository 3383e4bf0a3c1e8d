//! More jobs than workers: order, limits, and what becomes of those behind a worker that dies.

use std::time::Duration;

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, NodeConfig, PlaceError, ServiceId, SubmitError};
use mote_tests::signals::send;
use mote_tests::{AMPLE_US, SHORT_US, TestNode};

fn job(service: ServiceId, mode: Mode, budget_us: u32) -> Job<'static> {
    Job {
        service,
        body: b"world",
        mode,
        heap: Heap::Bump,
        budget_us,
        grace_us: SHORT_US,
        memory_kib: 4096,
    }
}

fn all(node: &mut TestNode) -> Vec<Completed> {
    std::iter::from_fn(|| node.wait()).collect()
}

#[test]
fn jobs_end_once_and_in_order_when_one_worker_has_more_than_it_can_hold() {
    let mut node = TestNode::default();
    let hello = node.service("hello");
    let tickets: Vec<_> =
        (0..500).map(|_| node.submit(job(hello, Mode::Guarded, AMPLE_US)).unwrap()).collect();
    let ended: Vec<_> = all(&mut node).into_iter().map(|completed| completed.ticket).collect();
    assert_eq!(ended, tickets);
}

#[test]
fn every_job_ends_once_when_workers_share_them() {
    let mut node = TestNode::start(&NodeConfig { workers: 3, ..NodeConfig::default() });
    let (hello, spin) = (node.service("hello"), node.service("spin"));
    let mut tickets = Vec::new();
    for number in 0..60 {
        let next = if number % 20 == 0 {
            job(spin, Mode::Discard, SHORT_US)
        } else {
            job(hello, Mode::Guarded, AMPLE_US)
        };
        tickets.push(node.submit(next).unwrap());
    }
    let mut ended = all(&mut node);
    ended.sort_by_key(|completed| completed.ticket);
    assert_eq!(ended.iter().map(|completed| completed.ticket).collect::<Vec<_>>(), tickets);
    for completed in ended {
        let expected = if completed.service == spin { Outcome::OverBudget } else { Outcome::Ok };
        assert_eq!(completed.outcome, expected, "{completed:?}");
    }
}

#[test]
fn job_is_refused_when_the_queue_is_full_and_taken_when_it_is_not() {
    let config = NodeConfig { depth: 1, queue_limit: 2, ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    let spin = node.service("spin");
    let next = job(spin, Mode::Discard, SHORT_US);
    for _ in 0..3 {
        node.submit(next).unwrap();
    }
    let refused = node.submit(next).unwrap_err();
    assert!(matches!(refused, SubmitError::QueueFull { limit: 2 }), "{refused}");
    assert!(node.wait().is_some());
    node.submit(next).unwrap();
    assert_eq!(all(&mut node).len(), 3);
}

#[test]
fn service_is_not_evicted_while_a_job_of_it_is_outstanding() {
    let mut node = TestNode::default();
    let spin = node.service("spin");
    node.submit(job(spin, Mode::Discard, SHORT_US)).unwrap();
    let refused = node.evict(spin).unwrap_err();
    assert!(matches!(refused, PlaceError::Busy { outstanding: 1, .. }), "{refused}");
    assert!(node.wait().is_some());
    node.evict(spin).unwrap();
}

#[test]
fn jobs_behind_a_lost_one_run_on_the_next_worker() {
    let config = NodeConfig { depth: 4, ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    let (hello, spin) = (node.service("hello"), node.service("spin"));
    let first = node.worker_pids()[0];
    node.submit(job(spin, Mode::Discard, AMPLE_US)).unwrap();
    for _ in 0..8 {
        node.submit(job(hello, Mode::Guarded, AMPLE_US)).unwrap();
    }
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(20));
            send(first, 9);
        });
        all(&mut node)
    });
    assert_eq!(ended.len(), 9);
    assert_eq!((ended[0].outcome, ended[0].worker_pid), (Outcome::WorkerLost, first));
    assert!(ended[0].latency_ns.is_some(), "it had entered its service: {:?}", ended[0]);
    for (position, completed) in ended.iter().enumerate().skip(1) {
        assert_eq!(completed.ticket.number(), position as u64 + 1);
        assert_eq!(completed.body, b"Hello, world!", "{completed:?}");
        assert_ne!(completed.worker_pid, first);
    }
}

#[test]
fn frozen_worker_is_given_up_and_replaced() {
    let mut node = TestNode::default();
    let spin = node.service("spin");
    let first = node.worker_pids()[0];
    node.submit(job(spin, Mode::Discard, SHORT_US)).unwrap();
    send(first, 19);
    let lost = node.wait().unwrap();
    assert_eq!((lost.outcome, lost.worker_pid), (Outcome::WorkerLost, first), "{lost:?}");
    let next = node.run("hello", Mode::Guarded, AMPLE_US);
    assert_ne!(next.worker_pid, first);
    node.canary(next.worker_pid);
}

#[test]
fn long_wait_uses_no_processor() {
    let mut node = TestNode::default();
    let spin = node.service("spin");
    let before = own_cpu();
    node.invoke(job(spin, Mode::Discard, 500_000)).unwrap();
    let used = own_cpu() - before;
    assert!(used < Duration::from_millis(100), "the dispatcher used {used:?} of 500 ms");
}

fn own_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}
