//! Workers that die, machines with one processor, and images that are refused: the node goes on.

use std::time::Duration;

use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::{Job, NodeConfig};
use mote_loader::Image;
use mote_tests::signals::send;
use mote_tests::{AMPLE_US, SHORT_US, TestNode, image};
use rustix::process::{DumpableBehavior, dumpable_behavior};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Offsets of a file header that say what the file is, in the identification and behind it: gABI 4.1.
const IDENTIFYING: [usize; 11] = [0, 1, 2, 3, 4, 5, 6, 16, 17, 18, 19];

/// The file header, the program headers and some of what is behind them.
const HEADERS_BYTES: usize = 1024;

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
fn process_of_a_node_is_not_dumped_unless_it_is_debugged() {
    let node = TestNode::default();
    assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    drop(node);
    let _debugged = TestNode::start(&NodeConfig { is_dumpable: true, ..NodeConfig::default() });
    assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::Dumpable));
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
    let loaded = bytes_loaded(&good);
    for length in (0..loaded).step_by(loaded / 50).chain([loaded - 1]) {
        let cut = node.deploy("cut", good[..length].to_vec());
        assert!(cut.is_err(), "{length} bytes of {loaded} that are loaded were taken");
    }
    for offset in IDENTIFYING {
        let flipped = node.deploy("flipped", with_flipped(&good, offset));
        assert!(flipped.is_err(), "byte {offset} of the file header may be anything");
    }
    node.canary(pid);
}

/// Every header byte flipped: what is refused is refused, and what is taken harms nobody when it runs.
#[test]
fn damaged_header_harms_nobody() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    let good = image("wordcount");
    let mut taken = 0;
    for offset in (0..HEADERS_BYTES).step_by(3) {
        let Ok(service) = node.deploy("flipped", with_flipped(&good, offset)) else { continue };
        taken += 1;
        let ended = node.run_with("hello", |job| Job {
            service,
            mode: Mode::Discard,
            budget_us: SHORT_US,
            ..job
        });
        assert_ne!(ended.outcome, Outcome::WorkerLost, "byte {offset}: {ended:?}");
        node.canary(pid);
    }
    assert!(taken > 0, "padding is checked: this test runs nothing");
}

fn with_flipped(image: &[u8], offset: usize) -> Vec<u8> {
    let mut flipped = image.to_vec();
    flipped[offset] ^= 0xff;
    flipped
}

/// The end of the last segment that is placed, in the file.
fn bytes_loaded(image: &[u8]) -> usize {
    let parsed = Image::parse(image).unwrap();
    let end = |bytes: &[u8]| bytes.as_ptr_range().end.addr() - image.as_ptr().addr();
    let placed = parsed.segments().filter(|it| !it.bytes.is_empty());
    placed.map(|segment| end(segment.bytes)).max().unwrap()
}
