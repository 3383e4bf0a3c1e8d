//! Who fires at the deadlines changes neither how a service ends nor what becomes of its values.

use std::time::Duration;

use mote_abi::outcome::Cleanup::{Discarded, Unwound};
use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::{Job, NodeConfig, Source};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, assert_tokens_accounted_for};

const OWN_TIMERS: [Source; 2] = [Source::Periodic { quantum_us: 200 }, Source::OneShot];

fn node_with(source: Source) -> TestNode {
    TestNode::start(&NodeConfig { source, ..NodeConfig::default() })
}

#[test]
fn runaway_ends_the_same_whoever_fires() {
    for source in OWN_TIMERS {
        let mut node = node_with(source);
        let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
        let cases = [
            ("alloc_spin", Mode::Guarded, AMPLE_US, Unwound, (4, 0)),
            ("guard_spin", Mode::Guarded, SHORT_US, Discarded, (0, 3)),
            ("guard_spin", Mode::Inject, AMPLE_US, Unwound, (3, 0)),
            ("guard_spin", Mode::Discard, AMPLE_US, Discarded, (0, 3)),
            ("loops_in_drop", Mode::Inject, SHORT_US, Discarded, (0, 1)),
        ];
        for (name, mode, grace_us, cleanup, (released, reclaimed)) in cases {
            let ended =
                node.run_with(name, |job| Job { mode, budget_us: SHORT_US, grace_us, ..job });
            let tokens = (ended.tokens.released, ended.tokens.reclaimed);
            assert_eq!(ended.outcome, Outcome::OverBudget, "{source:?} {name}: {ended:?}");
            assert_eq!(ended.cleanup, cleanup, "{source:?} {name}: {ended:?}");
            assert_eq!(tokens, (released, reclaimed), "{source:?} {name}: {ended:?}");
            assert_tokens_accounted_for(&ended);
            node.canary(pid);
        }
    }
}

#[test]
fn in_budget_services_answer_under_a_periodic_timer() {
    let mut node = node_with(Source::Periodic { quantum_us: 50 });
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for _ in 0..500 {
        for mode in [Mode::Guarded, Mode::Inject, Mode::Discard] {
            let counted = node.run_with("wordcount", |job| Job { mode, body: b"b a b", ..job });
            assert_eq!(counted.body, b"a 1\nb 2\n", "{mode}: {counted:?}");
            assert_eq!(counted.late_ns, None, "{mode}: {counted:?}");
        }
    }
    node.canary(pid);
}

#[test]
fn parked_worker_is_left_alone_by_its_timer() {
    for source in [Source::Periodic { quantum_us: 100 }, Source::Signal] {
        let config = NodeConfig { spin_us: 100, source, ..NodeConfig::default() };
        let mut node = TestNode::start(&config);
        let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
        // Its timer finds it parked once.
        std::thread::sleep(Duration::from_millis(300));
        let before = blocking_waits(pid);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(blocking_waits(pid), before, "{source:?} woke an idle worker");
        node.canary(pid);
        let stopped = node.run("guard_spin", Mode::Discard, SHORT_US);
        assert_eq!(stopped.outcome, Outcome::OverBudget, "{source:?}: its timer did not come back");
    }
}

/// How often a process has blocked: proc_pid_status(5), `voluntary_ctxt_switches`.
fn blocking_waits(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.unwrap().trim().parse().unwrap()
}
