//! A service that does not yield at its soft deadline is banned after so many times, and no other is.

use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::{Job, NodeConfig, ServiceStatistics, SubmitError};
use mote_tests::{SHORT_US, TestNode, image};

#[test]
fn service_that_does_not_yield_is_refused_until_it_is_deployed_again() {
    let mut node = TestNode::start(&NodeConfig { ban_after: Some(2), ..NodeConfig::default() });
    let stubborn = node.service("guard_spin");
    let (budget_us, grace_us) = (SHORT_US, SHORT_US);
    for _ in 0..2 {
        assert!(!node.service_statistics(stubborn).unwrap().is_banned);
        let ended = node.run_with("guard_spin", |job| Job { budget_us, grace_us, ..job });
        assert_eq!(ended.outcome, Outcome::OverBudget, "{ended:?}");
    }
    let expected = ServiceStatistics { ended: 2, over_budget: 2, unyielding: 2, is_banned: true };
    assert_eq!(node.service_statistics(stubborn), Some(expected));
    let job = Job {
        service: stubborn,
        body: b"",
        mode: Mode::Discard,
        heap: mote_abi::outcome::Heap::Bump,
        budget_us,
        grace_us,
        memory_kib: 64,
    };
    let refused = node.invoke(job).unwrap_err();
    assert!(matches!(refused, SubmitError::Banned { times: 2, .. }), "{refused}");
    let expected = "`guard_spin` is banned: it did not yield at its soft deadline 2 times; deploy it \
                    again to lift the ban";
    assert_eq!(refused.to_string(), expected);
    let service = node.deploy("guard_spin", image("guard_spin")).unwrap();
    assert!(node.invoke(Job { service, ..job }).is_ok());
}

#[test]
fn service_that_yields_is_not_banned() {
    let mut node = TestNode::start(&NodeConfig { ban_after: Some(1), ..NodeConfig::default() });
    for _ in 0..3 {
        let ended = node.run("alloc_spin", Mode::Guarded, SHORT_US);
        assert_eq!(ended.outcome, Outcome::OverBudget, "{ended:?}");
        let ended = node.run("guard_spin", Mode::Discard, SHORT_US);
        assert_eq!(ended.outcome, Outcome::OverBudget, "{ended:?}");
    }
}
