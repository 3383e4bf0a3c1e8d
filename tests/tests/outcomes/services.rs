//! The example services end with the outcome and cleanup of their kind in each mode, and leave their worker as new.

use mote_abi::outcome::Cleanup::{Discarded, Returned, Unwound};
use mote_abi::outcome::Mode::{Discard, Guarded, Inject};
use mote_abi::outcome::Outcome::{Error, Ok, OverBudget, OverMemory, Panicked, StackOverflow};
use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
use mote_dispatcher::Job;
use mote_tests::{AMPLE_US, SHORT_US, TestNode, assert_tokens_accounted_for};

const MODES: [Mode; 3] = [Guarded, Inject, Discard];

/// How a service ends in `guarded`, `inject` and `discard`.
type Expected = (&'static str, u32, [(Outcome, Cleanup); 3]);

const SAME_IN_ALL_MODES: [(&str, Outcome, Cleanup); 15] = [
    ("hello", Ok, Returned),
    ("timestamp", Ok, Returned),
    ("numbered", Ok, Returned),
    ("wordcount", Ok, Returned),
    ("sha512", Ok, Returned),
    ("counter", Ok, Returned),
    ("logs", Ok, Returned),
    ("token_leak", Ok, Returned),
    ("errors", Error, Returned),
    ("panics", Panicked, Unwound),
    ("refused_then_panics", Panicked, Unwound),
    ("panics_in_drop", Panicked, Discarded),
    ("deep_recursion", StackOverflow, Discarded),
    ("out_of_memory", OverMemory, Unwound),
    ("panics_in_message", Panicked, Discarded),
];

const RUNAWAYS: [Expected; 5] = [
    ("spin", SHORT_US, [(OverBudget, Discarded), (OverBudget, Unwound), (OverBudget, Discarded)]),
    (
        "alloc_spin",
        SHORT_US,
        [(OverBudget, Unwound), (OverBudget, Unwound), (OverBudget, Discarded)],
    ),
    (
        "guard_spin",
        SHORT_US,
        [(OverBudget, Discarded), (OverBudget, Unwound), (OverBudget, Discarded)],
    ),
    (
        "checkpoints",
        SHORT_US,
        [(OverBudget, Unwound), (OverBudget, Unwound), (OverBudget, Discarded)],
    ),
    (
        "loops_in_drop",
        SHORT_US,
        [(OverBudget, Discarded), (OverBudget, Discarded), (OverBudget, Discarded)],
    ),
];

#[test]
fn outcome_is_the_same_in_all_modes_when_no_deadline_passes() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Guarded, AMPLE_US).worker_pid;
    for (name, outcome, cleanup) in SAME_IN_ALL_MODES {
        for mode in MODES {
            let completed = node.run(name, mode, AMPLE_US);
            assert_eq!((completed.outcome, completed.cleanup), (outcome, cleanup), "{name} {mode}");
            assert_eq!(completed.worker_pid, pid, "{name} {mode} cost a worker");
            assert_eq!(completed.late_ns, None, "{name} {mode} was preempted");
            assert_tokens_accounted_for(&completed);
            node.canary(pid);
        }
    }
}

#[test]
fn runaway_ends_as_its_mode_says_when_its_budget_passes() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Guarded, AMPLE_US).worker_pid;
    for (name, budget_us, expected) in RUNAWAYS {
        for (mode, expected) in MODES.into_iter().zip(expected) {
            // The hard deadline of `guarded` must come; that of `inject` must not, however slow.
            let grace_us = if expected.1 == Discarded { SHORT_US } else { AMPLE_US };
            let completed = node.run_with(name, |job| Job { mode, budget_us, grace_us, ..job });
            assert_eq!(
                (completed.outcome, completed.cleanup),
                expected,
                "{name} {mode}: {completed:?}"
            );
            assert_eq!(completed.worker_pid, pid, "{name} {mode} cost a worker");
            assert!(completed.late_ns.is_some(), "{name} {mode}: {completed:?}");
            assert!(completed.body.is_empty());
            assert_tokens_accounted_for(&completed);
            node.canary(pid);
        }
    }
}

#[test]
fn both_heaps_serve_and_end_at_their_limit() {
    let mut node = TestNode::default();
    for heap in [Heap::Bump, Heap::General] {
        let counted = node.run_with("wordcount", |job| Job { heap, body: b"b a b", ..job });
        assert_eq!(counted.body, b"a 1\nb 2\n", "{heap}: {counted:?}");
        assert!(counted.arena_peak_bytes > 0);
        let memory_kib = 256;
        let full = node.run_with("out_of_memory", |job| Job { heap, memory_kib, ..job });
        assert_eq!(full.outcome, OverMemory, "{heap}");
        let peak_kib = full.arena_peak_bytes / 1024;
        assert!((128..=256).contains(&peak_kib), "{heap}: {peak_kib} KiB of 256");
        assert_eq!((full.tokens.created, full.tokens.released), (1, 1), "{heap}");
        node.canary(full.worker_pid);
    }
}

#[test]
fn what_a_service_says_reaches_the_caller() {
    let mut node = TestNode::default();
    let failed = node.run("errors", Guarded, AMPLE_US);
    assert!(failed.body.is_empty() && failed.error.is_some_and(|text| !text.is_empty()));
    let panicked = node.run("panics", Guarded, AMPLE_US).error.unwrap();
    assert!(panicked.contains("src/lib.rs:"), "no place in {panicked:?}");
    assert!(!node.run("logs", Guarded, AMPLE_US).log.is_empty());
    let digest = node.run_with("sha512", |job| Job { body: b"abc", ..job }).body;
    assert!(digest.starts_with(b"ddaf35a193617abacc417349ae204131"), "FIPS 180-4, example abc");
}
