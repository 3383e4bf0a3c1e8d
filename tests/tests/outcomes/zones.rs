//! Several zones: an image runs, is unwound, faults and keeps its data wherever it lies.

use mote_abi::outcome::{Cleanup, Mode, Outcome};
use mote_dispatcher::NodeConfig;
use mote_tests::{AMPLE_US, SHORT_US, TestNode, assert_tokens_accounted_for, image};

const ZONES: usize = 3;

fn node() -> TestNode {
    TestNode::start(&NodeConfig { zones: ZONES, ..NodeConfig::default() })
}

fn mappings(pid: u32) -> usize {
    std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap().lines().count()
}

/// Lets `use_it` use a copy of the service in each zone.
fn in_every_zone(name: &str, mut use_it: impl FnMut(&mut TestNode, &str)) {
    let mut node = node();
    for zone in 0..ZONES {
        // Each copy goes to the zone with most room, which is the next one.
        let copy = format!("{name} in zone {zone}");
        node.deploy_as(&copy, name);
        use_it(&mut node, &copy);
    }
}

#[test]
fn service_answers_from_every_zone() {
    in_every_zone("hello", |node, copy| {
        let completed = node.run(copy, Mode::Guarded, AMPLE_US);
        assert_eq!(completed.body, b"Hello, world!", "{copy}: {completed:?}");
    });
}

#[test]
fn data_starts_anew_in_every_zone() {
    in_every_zone("counter", |node, copy| {
        for _ in 0..2 {
            assert_eq!(node.run(copy, Mode::Guarded, AMPLE_US).body, b"0", "{copy}");
        }
    });
}

#[test]
fn destructors_run_in_every_zone() {
    in_every_zone("guard_spin", |node, copy| {
        let completed = node.run(copy, Mode::Inject, SHORT_US);
        let ending = (completed.outcome, completed.cleanup);
        assert_eq!(ending, (Outcome::OverBudget, Cleanup::Unwound), "{copy}: {completed:?}");
        assert!(completed.unwinding.landing_pads > 0, "{copy}: {completed:?}");
        assert_tokens_accounted_for(&completed);
    });
}

#[test]
fn runaway_is_discarded_in_every_zone() {
    in_every_zone("spin", |node, copy| {
        let completed = node.run(copy, Mode::Discard, SHORT_US);
        let ending = (completed.outcome, completed.cleanup);
        assert_eq!(ending, (Outcome::OverBudget, Cleanup::Discarded), "{copy}: {completed:?}");
    });
}

#[test]
fn mappings_of_a_worker_do_not_depend_on_how_many_services_there_are() {
    let mut node = node();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    let before = mappings(pid);
    let image = image("hello");
    for number in 0..500 {
        let service = node.deploy(&format!("copy {number}"), image.clone()).unwrap();
        node.place(service).unwrap();
    }
    assert_eq!(mappings(pid), before);
    node.canary(pid);
}
