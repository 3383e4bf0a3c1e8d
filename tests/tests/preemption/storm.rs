//! A hundred thousand signals from outside, during mixed load, change no answer: wherever they strike
//! (entry, exit, rings, scrubbing, handlers), they find another sequence number, a clock that says
//! "not yet", or nothing that is not due anyway.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use mote_abi::area::signal_value;
use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
use mote_dispatcher::{Job, NodeConfig, ServiceId, Source};
use mote_tests::signals::{queue_alarm, send};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, assert_tokens_accounted_for};

const SIGNALS: u64 = 100_000;

/// What a worker handles: preemption and faults.
const PLAIN: [i32; 6] = [14, 4, 5, 7, 8, 11];

const MODES: [Mode; 3] = [Mode::Guarded, Mode::Inject, Mode::Discard];

/// Invocations so far: the next one's sequence number is near.
static INVOCATIONS: AtomicU64 = AtomicU64::new(0);

/// Sends the storm to worker `pid`.
fn storm(pid: u32) {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..SIGNALS {
        // xorshift64: any sequence without a pattern will do.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let sequence = INVOCATIONS.load(Relaxed);
        match random >> 61 {
            0 => send(pid, PLAIN[(random % 6) as usize]),
            1 => send(pid, PLAIN[0]),
            2 | 3 => queue_alarm(pid, random as u32 as usize),
            4 => queue_alarm(pid, signal_value(sequence + 1) as usize),
            _ => queue_alarm(pid, signal_value(sequence) as usize),
        }
    }
}

/// One round of services that end by themselves, and of some that do not.
fn assert_round(node: &mut TestNode, pid: u32) {
    for mode in MODES {
        let runs =
            [("wordcount", &b"a 1\nb 2\n"[..]), ("counter", b"0"), ("hello", b"Hello, b a b!")];
        for (name, expected) in runs {
            let ended = node.run_with(name, |job| Job { mode, body: b"b a b", ..job });
            INVOCATIONS.fetch_add(1, Relaxed);
            assert_eq!(ended.body, expected, "{name} {mode}: {ended:?}");
            assert_eq!((ended.worker_pid, ended.late_ns), (pid, None), "{name} {mode}");
        }
        let grace_us = if mode == Mode::Guarded { SHORT_US } else { AMPLE_US };
        let budget_us = SHORT_US / 10;
        let killed = node.run_with("guard_spin", |job| Job { mode, budget_us, grace_us, ..job });
        INVOCATIONS.fetch_add(1, Relaxed);
        assert_eq!((killed.outcome, killed.worker_pid), (Outcome::OverBudget, pid), "{killed:?}");
        assert_tokens_accounted_for(&killed);
    }
    let raised = node.run("alloc_spin", Mode::Guarded, SHORT_US / 10);
    INVOCATIONS.fetch_add(1, Relaxed);
    assert_eq!((raised.cleanup, raised.tokens.released), (Cleanup::Unwound, 4), "{raised:?}");
}

/// A round in which all that ends by itself takes turns with a service that works for long.
fn assert_turns(node: &mut TestNode, pid: u32) -> u32 {
    let (turns, wordcount) = (node.service("turns"), node.service("wordcount"));
    let submitted: Vec<_> = [(turns, &b"700"[..]), (wordcount, b"b a b"), (turns, b"500")]
        .into_iter()
        .cycle()
        .take(6)
        .map(|(service, body)| node.submit(Job { body, ..node_job(service) }).unwrap())
        .collect();
    let mut ended: Vec<_> = std::iter::from_fn(|| node.wait()).collect();
    let pauses = ended.iter().map(|ended| ended.pauses).sum();
    INVOCATIONS.fetch_add(submitted.len() as u64 + u64::from(pauses), Relaxed);
    ended.sort_by_key(|ended| ended.ticket);
    assert_eq!(ended.iter().map(|ended| ended.ticket).collect::<Vec<_>>(), submitted);
    for ended in &ended {
        let expected = if ended.service == turns { &b"done"[..] } else { b"a 1\nb 2\n" };
        assert_eq!(ended.body, expected, "{ended:?}");
        assert_eq!((ended.worker_pid, ended.late_ns), (pid, None), "{ended:?}");
        assert_eq!(ended.tokens.created, ended.tokens.released, "{ended:?}");
    }
    pauses
}

fn node_job(service: ServiceId) -> Job<'static> {
    Job {
        service,
        body: b"",
        mode: Mode::Guarded,
        heap: Heap::General,
        budget_us: AMPLE_US,
        grace_us: AMPLE_US,
        memory_kib: 4096,
    }
}

fn run_sliced_under_storm(source: Source) {
    let config = NodeConfig { source, slice_us: Some(20), depth: 4, ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    INVOCATIONS.store(1, Relaxed);
    let is_over = AtomicBool::new(false);
    let mut pauses = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            storm(pid);
            is_over.store(true, Relaxed);
        });
        while !is_over.load(Relaxed) {
            pauses += assert_turns(&mut node, pid);
        }
    });
    assert!(pauses > 0, "nobody was ever paused");
    node.canary(pid);
}

fn run_under_storm(source: Source) {
    let mut node = TestNode::start(&NodeConfig { source, ..NodeConfig::default() });
    for name in ["hello", "wordcount", "counter", "guard_spin", "alloc_spin"] {
        node.service(name);
    }
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    INVOCATIONS.store(1, Relaxed);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            storm(pid);
            is_over.store(true, Relaxed);
        });
        while !is_over.load(Relaxed) {
            assert_round(&mut node, pid);
        }
    });
    node.canary(pid);
}

#[test]
fn storm_of_signals_changes_no_answer() {
    run_under_storm(Source::Signal);
}

#[test]
fn storm_of_signals_changes_no_answer_beside_a_periodic_timer() {
    run_under_storm(Source::Periodic { quantum_us: 100 });
}

#[test]
fn storm_of_signals_changes_no_answer_while_services_take_turns() {
    run_sliced_under_storm(Source::Signal);
}

#[test]
fn storm_of_signals_changes_no_answer_while_services_take_turns_by_a_timer() {
    run_sliced_under_storm(Source::OneShot);
}
