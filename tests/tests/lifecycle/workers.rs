//! Workers that die, machines with one processor, and images that are refused: the node goes on.

use std::time::Duration;

use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::NodeConfig;
use mote_tests::signals::send;
use mote_tests::{AMPLE_US, SHORT_US, TestNode, image};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

#[test]
fn killed_worker_is_replaced_and_its_invocation_lost() {
    let mut node = TestNode::default();
    let first = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    node.service("spin");
    let lost = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            send(first, 9);
        });
        node.run("spin", Mode::Guarded, AMPLE_US)
    });
    assert_eq!(lost.outcome, Outcome::WorkerLost, "{lost:?}");
    assert!(lost.error.is_some());
    let next = node.run("hello", Mode::Guarded, AMPLE_US);
    assert_eq!(next.body, b"Hello, world!");
    assert_ne!(next.worker_pid, first);
    node.canary(next.worker_pid);
}

#[test]
fn worker_killed_while_idle_is_replaced() {
    let mut node = TestNode::default();
    let first = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    send(first, 9);
    std::thread::sleep(Duration::from_millis(50));
    let mut next = node.run("hello", Mode::Guarded, AMPLE_US);
    if next.outcome == Outcome::WorkerLost {
        next = node.run("hello", Mode::Guarded, AMPLE_US);
    }
    assert_eq!(next.body, b"Hello, world!", "{next:?}");
}

#[test]
fn workers_end_with_their_node() {
    let node = TestNode::start(&NodeConfig { workers: 3, ..NodeConfig::default() });
    let pids = node.worker_pids();
    assert_eq!(pids.len(), 3);
    drop(node);
    for pid in pids {
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "worker {pid} lives on");
    }
}

#[test]
fn several_workers_share_the_same_images() {
    let mut node = TestNode::start(&NodeConfig { workers: 3, ..NodeConfig::default() });
    let mut pids: Vec<u32> = (0..30)
        .map(|_| {
            let completed = node.run("counter", Mode::Guarded, AMPLE_US);
            assert_eq!(completed.body, b"0", "{completed:?}");
            completed.worker_pid
        })
        .collect();
    let runaway = node.run("guard_spin", Mode::Inject, SHORT_US);
    assert_eq!(runaway.tokens.released, 3, "{runaway:?}");
    pids.dedup();
    assert!(pids.iter().all(|pid| node.worker_pids().contains(pid)));
}

#[test]
fn node_on_one_processor_serves_and_preempts() {
    let before = sched_getaffinity(None).unwrap();
    let only = (0..CpuSet::MAX_CPU).find(|&cpu| before.is_set(cpu)).unwrap();
    let mut one = CpuSet::new();
    one.set(only);
    sched_setaffinity(None, &one).unwrap();
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for _ in 0..200 {
        let counted = node.run("hello", Mode::Guarded, AMPLE_US);
        assert_eq!(counted.body, b"Hello, world!");
    }
    for mode in [Mode::Inject, Mode::Discard] {
        let killed = node.run("guard_spin", mode, SHORT_US);
        assert_eq!(killed.outcome, Outcome::OverBudget, "{killed:?}");
        node.canary(pid);
    }
    drop(node);
    sched_setaffinity(None, &before).unwrap();
}

#[test]
fn evicted_service_comes_back_fresh_in_a_reused_slot() {
    let mut node = TestNode::default();
    let services = ["hello", "counter", "wordcount", "timestamp"].map(|name| node.service(name));
    for round in 0..200 {
        let evicted = services[round % services.len()];
        node.evict(evicted).unwrap();
        let hello = node.run("hello", Mode::Guarded, AMPLE_US);
        assert_eq!(hello.body, b"Hello, world!", "round {round}: {hello:?}");
        let counter = node.run("counter", Mode::Guarded, AMPLE_US);
        assert_eq!(counter.body, b"0", "round {round}: {counter:?}");
    }
}

#[test]
fn damaged_images_are_refused_and_the_node_goes_on() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    let good = image("wordcount");
    assert!(node.deploy("empty", Vec::new()).is_err());
    assert!(node.deploy("text", b"not an ELF file at all".to_vec()).is_err());
    for length in (0..good.len()).step_by(good.len() / 50) {
        // A file cut behind everything that is loaded may still be whole.
        let _ = node.deploy("cut", good[..length].to_vec());
    }
    for offset in (0..1024).step_by(3) {
        let mut flipped = good.clone();
        flipped[offset] ^= 0xff;
        let _ = node.deploy("flipped", flipped);
    }
    node.canary(pid);
}
