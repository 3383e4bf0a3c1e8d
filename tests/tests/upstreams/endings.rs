//! Invocations that end while they wait.

use std::thread::sleep;
use std::time::Duration;

use mote_abi::outcome::{Cleanup, Mode, Outcome};
use mote_dispatcher::{Completed, Job, NodeConfig};
use mote_tests::assert_tokens_accounted_for;

use crate::{MODES, held, job, node, text, waiting};

/// What each mode does at the call: destructors run but where services are discarded.
fn assert_ended(ended: &Completed, mode: Mode, outcome: Outcome) {
    let (cleanup, reclaimed) =
        if mode == Mode::Discard { (Cleanup::Discarded, 2) } else { (Cleanup::Unwound, 0) };
    assert_eq!((ended.outcome, ended.cleanup), (outcome, cleanup), "{mode}: {ended:?}");
    assert_eq!((ended.tokens.created, ended.tokens.reclaimed), (2, reclaimed), "{mode}: {ended:?}");
    assert_eq!(ended.log, "asks\n", "{mode}");
    assert_tokens_accounted_for(ended);
}

#[test]
fn one_that_waits_too_long_ends_at_its_call() {
    for mode in MODES {
        let (mut node, backend) = node(&NodeConfig { wait_limit_ms: 30, ..waiting(1) });
        let asks = node.service("asks");
        let ended = node.invoke(Job { mode, ..job(asks, "net hold\n\nnet echo x") }).unwrap();
        assert_ended(&ended, mode, Outcome::OverBudget);
        // The late reply is nobody's.
        backend.release(1);
        sleep(Duration::from_millis(20));
        node.canary(ended.worker_pid);
        assert_eq!(text(&node.invoke(job(asks, "net echo next")).unwrap()), "next");
    }
}

#[test]
fn cancelled_one_ends_at_its_call_whenever_the_reply_comes() {
    for mode in MODES {
        for reply_first in [false, true] {
            let (mut node, backend) = node(&waiting(1));
            let asks = node.service("asks");
            let ticket = held(&mut node, &backend, Job { mode, ..job(asks, "net hold") });
            if reply_first {
                backend.release(1);
                // It has arrived, and nobody has looked.
                sleep(Duration::from_millis(50));
            }
            assert!(node.cancel(ticket));
            backend.release(1);
            let ended = node.wait().unwrap();
            assert_eq!(ended.ticket, ticket);
            assert_ended(&ended, mode, Outcome::Cancelled);
            sleep(Duration::from_millis(20));
            node.canary(ended.worker_pid);
            assert_eq!(node.refused_steps(), 0);
        }
    }
}

/// A cancellation at any moment from before the call to after the reply: the job ends once, as cancelled or as if
/// nothing had happened.
#[test]
fn cancelled_one_ends_once_at_any_moment() {
    let (mut node, _backend) = node(&waiting(4));
    let asks = node.service("asks");
    let (mut cancelled, mut replied) = (0, 0);
    for ticks in 0..1500 {
        let ticket = node.submit(job(asks, "net echo one\n\nnet echo two")).unwrap();
        let early = (0..ticks).find_map(|_| node.poll());
        node.cancel(ticket);
        let ended = early.or_else(|| node.wait()).unwrap();
        assert_eq!(ended.ticket, ticket);
        assert_tokens_accounted_for(&ended);
        match ended.outcome {
            Outcome::Cancelled => cancelled += 1,
            Outcome::Ok => {
                assert_eq!(text(&ended), "one\ntwo");
                replied += 1;
            }
            _ => panic!("{ended:?}"),
        }
    }
    assert_eq!((node.wait(), node.refused_steps()), (None, 0));
    assert!(cancelled > 0, "{replied} replied");
    let pid = node.worker_pids()[0];
    node.canary(pid);
}

#[test]
fn one_that_is_over_budget_after_its_wait_ends_as_any_other() {
    for mode in MODES {
        let (mut node, backend) = node(&waiting(1));
        let spins = node.service("spin");
        let asks = node.service("asks");
        held(&mut node, &backend, job(asks, "net hold"));
        let runaway = Job { mode, budget_us: 3_000, grace_us: 3_000, ..job(spins, "x") };
        let ended = node.invoke(runaway).unwrap();
        assert_eq!(ended.outcome, Outcome::OverBudget, "{ended:?}");
        backend.release(1);
        assert_eq!(text(&node.wait().unwrap()), "released");
    }
}
