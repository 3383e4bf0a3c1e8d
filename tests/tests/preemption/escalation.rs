//! From the soft deadline to cleanup, and from cleanup to the discard: destructors that allocate, call
//! the host, overflow the stack; and calls that must not be raised from. Told by counts.

use mote_abi::outcome::Cleanup::{Discarded, Unwound};
use mote_abi::outcome::{Mode, Outcome};
use mote_builder::Profile;
use mote_dispatcher::{Completed, Job};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, assert_tokens_accounted_for, built};

/// A grace that a destructor which never ends uses up, and that is not over before the raise begins.
const GRACE_US: u32 = 1_000_000;

const RAISING: [Mode; 2] = [Mode::Guarded, Mode::Inject];

/// Runs the debug and the release image of `name` past its budget in each of `modes`, with a grace that
/// only a destructor which does not end uses up.
fn each(name: &str, modes: &[Mode], grace_us: u32, check: impl Fn(&Completed)) {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for profile in [Profile::Debug, Profile::Release] {
        let service = node.deploy(name, built(name, profile)).unwrap();
        for &mode in modes {
            let budget_us = SHORT_US;
            let completed = node.run_with("hello", |job| Job {
                service,
                body: b"run away",
                mode,
                budget_us,
                grace_us,
                ..job
            });
            assert_eq!(completed.worker_pid, pid, "{mode} cost a worker: {completed:?}");
            assert_tokens_accounted_for(&completed);
            check(&completed);
            node.canary(pid);
        }
    }
}

#[test]
fn destructors_may_allocate_once_a_raise_is_under_way() {
    each("allocates_in_drop", &RAISING, AMPLE_US, |completed| {
        assert_eq!((completed.outcome, completed.cleanup), (Outcome::OverBudget, Unwound));
        let (created, released) = (completed.tokens.created, completed.tokens.released);
        assert_eq!((created, released), (1, 1), "{completed:?}");
    });
}

#[test]
fn destructors_may_call_the_host_once_a_raise_is_under_way() {
    each("calls_host_in_drop", &RAISING, AMPLE_US, |completed| {
        assert_eq!((completed.outcome, completed.cleanup), (Outcome::OverBudget, Unwound));
        let (created, released) = (completed.tokens.created, completed.tokens.released);
        assert_eq!((created, released), (2, 2), "{completed:?}");
        assert_eq!(completed.log, "goodbye, over: true\n");
    });
}

#[test]
fn stack_overflow_during_unwinding_discards() {
    each("recurses_in_drop", &RAISING, AMPLE_US, |completed| {
        assert_eq!((completed.outcome, completed.cleanup), (Outcome::StackOverflow, Discarded));
        assert_eq!((completed.tokens.released, completed.tokens.reclaimed), (0, 1));
    });
}

#[test]
fn panic_during_a_raise_discards() {
    each("panics_in_drop", &RAISING, AMPLE_US, |completed| {
        assert_eq!((completed.outcome, completed.cleanup), (Outcome::OverBudget, Discarded));
        assert_eq!((completed.tokens.released, completed.tokens.reclaimed), (0, 1));
        assert_eq!(completed.unwinding.landing_pads, 1, "{completed:?}");
    });
}

#[test]
fn destructor_that_never_ends_is_discarded_at_the_hard_deadline() {
    each("loops_in_drop", &RAISING, GRACE_US, |completed| {
        assert_eq!((completed.outcome, completed.cleanup), (Outcome::OverBudget, Discarded));
        assert_eq!((completed.tokens.released, completed.tokens.reclaimed), (0, 1));
        assert_eq!(completed.unwinding.landing_pads, 1, "{completed:?}");
    });
}

#[test]
fn no_destructor_runs_in_discard() {
    let names = [
        "allocates_in_drop",
        "calls_host_in_drop",
        "loops_in_drop",
        "panics_in_drop",
        "recurses_in_drop",
    ];
    for name in names {
        each(name, &[Mode::Discard], AMPLE_US, |completed| {
            assert_eq!((completed.outcome, completed.cleanup), (Outcome::OverBudget, Discarded));
            assert_eq!((completed.tokens.released, completed.tokens.reclaimed), (0, 1));
            assert_eq!((completed.log.as_str(), completed.unwinding.landing_pads), ("", 0));
        });
    }
}

#[test]
fn raise_does_not_start_in_a_call_that_releases() {
    each("releases_only", &[Mode::Guarded], AMPLE_US, |completed| {
        assert_eq!((completed.outcome, completed.cleanup), (Outcome::OverBudget, Unwound));
        assert!(completed.late_ns.is_some(), "{completed:?}");
        // The loop went on to its end, and the first call that may raise did.
        assert_eq!(completed.log, "all dropped\n");
        assert_eq!((completed.tokens.created, completed.tokens.released), (101, 101));
    });
}
