//! A hundred thousand signals from outside, during mixed load, change no answer: wherever they strike
//! (entry, exit, rings, scrubbing, handlers), they find another sequence number, a clock that says
//! "not yet", or nothing that is not due anyway.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use mote_abi::area::signal_value;
use mote_abi::outcome::{Cleanup, Mode, Outcome};
use mote_dispatcher::{Job, NodeConfig, Source};
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
    run_under_storm(Source::Watchdog);
}

#[test]
fn storm_of_signals_changes_no_answer_beside_a_periodic_timer() {
    run_under_storm(Source::Periodic { quantum_us: 100 });
}
