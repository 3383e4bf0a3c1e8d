//! What preemption does to a service's values, by counts.

use mote_abi::area::signal_value;
use mote_abi::outcome::{Cleanup, Mode, Outcome};
use mote_dispatcher::Job;
use mote_tests::signals::{queue_alarm, send};
use mote_tests::{AMPLE_US, SHORT_US, TestNode};

#[test]
fn allocating_runaway_is_unwound_without_a_loss_in_guarded() {
    let mut node = TestNode::default();
    for _ in 0..10 {
        let completed = node.run("alloc_spin", Mode::Guarded, SHORT_US);
        assert_eq!(completed.cleanup, Cleanup::Unwound, "{completed:?}");
        assert_eq!((completed.tokens.created, completed.tokens.released), (4, 4), "{completed:?}");
        assert!(completed.unwinding.landing_pads > 0);
        assert_eq!(completed.unwinding.gaps, 0, "{completed:?}");
    }
}

#[test]
fn destructors_run_through_the_fake_frame_in_inject() {
    let mut node = TestNode::default();
    for _ in 0..10 {
        let completed = node.run("guard_spin", Mode::Inject, SHORT_US);
        assert_eq!(completed.cleanup, Cleanup::Unwound, "{completed:?}");
        assert_eq!((completed.tokens.created, completed.tokens.released), (3, 3), "{completed:?}");
        assert_eq!(completed.unwinding.landing_pads, 3, "{completed:?}");
    }
}

#[test]
fn destructors_run_in_images_that_are_not_optimised() {
    let mut node = TestNode::default();
    for name in ["alloc_spin", "guard_spin", "panics", "out_of_memory"] {
        node.deploy_debug(name);
    }
    let unwound = node.run("debug alloc_spin", Mode::Guarded, SHORT_US);
    assert_eq!((unwound.cleanup, unwound.tokens.released), (Cleanup::Unwound, 4), "{unwound:?}");
    let injected = node.run("debug guard_spin", Mode::Inject, SHORT_US);
    assert_eq!((injected.cleanup, injected.tokens.created), (Cleanup::Unwound, 3), "{injected:?}");
    assert!(injected.unwinding.landing_pads >= 3, "{injected:?}");
    let panicked = node.run("debug panics", Mode::Guarded, AMPLE_US);
    assert_eq!((panicked.cleanup, panicked.tokens.released), (Cleanup::Unwound, 1));
    let full = node.run("debug out_of_memory", Mode::Guarded, AMPLE_US);
    assert_eq!((full.outcome, full.tokens.released), (Outcome::OverMemory, 1), "{full:?}");
    node.canary(full.worker_pid);
}

#[test]
fn late_panic_is_unwound_when_its_message_allocates() {
    let mut node = TestNode::default();
    let completed = node.run("panics_late", Mode::Guarded, SHORT_US);
    assert_eq!((completed.outcome, completed.cleanup), (Outcome::OverBudget, Cleanup::Unwound));
    assert_eq!((completed.tokens.created, completed.tokens.released), (1, 1), "{completed:?}");
}

#[test]
fn silent_runaway_is_discarded_at_the_hard_deadline_in_guarded() {
    let mut node = TestNode::default();
    let completed =
        node.run_with("guard_spin", |job| Job { budget_us: SHORT_US, grace_us: SHORT_US, ..job });
    assert_eq!(completed.cleanup, Cleanup::Discarded);
    assert!(completed.total_ns >= u64::from(2 * SHORT_US) * 1000, "before the hard deadline");
    assert_eq!((completed.tokens.released, completed.tokens.reclaimed), (0, 3));
    assert_eq!(completed.unwinding.landing_pads, 0, "service code ran after the discard");
}

#[test]
fn runaway_is_discarded_at_the_soft_deadline_in_discard() {
    let mut node = TestNode::default();
    let completed = node.run("guard_spin", Mode::Discard, SHORT_US);
    assert_eq!((completed.outcome, completed.cleanup), (Outcome::OverBudget, Cleanup::Discarded));
    assert!(completed.total_ns >= u64::from(SHORT_US) * 1000);
    assert!(completed.total_ns < u64::from(AMPLE_US) * 1000, "it waited for the hard deadline");
    assert_eq!((completed.tokens.released, completed.tokens.reclaimed), (0, 3));
}

#[test]
fn stale_signals_change_nothing_while_services_run() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Wrong sequence numbers, right ones too early, and signals without any.
            for round in 0..20_000_u64 {
                match round % 4 {
                    0 => send(pid, 14),
                    1 => queue_alarm(pid, signal_value(u64::MAX) as usize),
                    _ => queue_alarm(pid, signal_value(round / 2) as usize),
                }
            }
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
            for mode in [Mode::Guarded, Mode::Inject, Mode::Discard] {
                let counted = node.run_with("wordcount", |job| Job { mode, body: b"b a b", ..job });
                assert_eq!(counted.body, b"a 1\nb 2\n", "{mode}: {counted:?}");
                assert_eq!((counted.worker_pid, counted.late_ns), (pid, None), "{mode}");
            }
        }
    });
    assert!(node.stale_signals() > 100, "{} signals found the worker", node.stale_signals());
    node.canary(pid);
}

#[test]
fn fault_signals_from_outside_change_nothing() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for signal in [4, 5, 7, 8, 11] {
        send(pid, signal);
        node.canary(pid);
    }
}
