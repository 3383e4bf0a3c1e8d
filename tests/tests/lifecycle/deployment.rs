//! Images that are replaced, rolled back to and removed while jobs of them run and wait.

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, NodeConfig, PlaceError, ServiceId, VerifiedImage};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, image};

fn job(service: ServiceId, mode: Mode, budget_us: u32) -> Job<'static> {
    let (heap, grace_us, memory_kib) = (Heap::Bump, AMPLE_US, 4096);
    Job { service, body: b"world", mode, heap, budget_us, grace_us, memory_kib }
}

fn verified(name: &str) -> VerifiedImage {
    VerifiedImage::new(name, &image(name)).unwrap()
}

fn all(node: &mut TestNode) -> Vec<Completed> {
    std::iter::from_fn(|| node.wait()).collect()
}

#[test]
fn running_job_ends_on_the_old_image_and_waiting_ones_run_the_new() {
    let config = NodeConfig { depth: 1, slice_us: Some(200), ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    let service = node.service("spin");
    for round in 0..20 {
        if round > 0 {
            node.roll_back(service).unwrap();
        }
        let old = node.submit(job(service, Mode::Discard, SHORT_US)).unwrap();
        if round == 0 {
            node.replace(service, verified("hello")).unwrap();
        } else {
            node.roll_back(service).unwrap();
        }
        for _ in 0..4 {
            node.submit(job(service, Mode::Guarded, AMPLE_US)).unwrap();
        }
        for ended in all(&mut node) {
            let expected = if ended.ticket == old { Outcome::OverBudget } else { Outcome::Ok };
            assert_eq!(ended.outcome, expected, "{ended:?}");
            assert!(ended.ticket == old || ended.body == b"Hello, world!", "{ended:?}");
        }
    }
}

#[test]
fn removed_service_runs_what_a_worker_has_and_cancels_what_waits() {
    let mut node = TestNode::start(&NodeConfig { depth: 1, ..NodeConfig::default() });
    let spin = node.service("spin");
    for _ in 0..3 {
        node.submit(job(spin, Mode::Discard, SHORT_US)).unwrap();
    }
    node.remove(spin).unwrap();
    let outcomes: Vec<Outcome> = all(&mut node).iter().map(|ended| ended.outcome).collect();
    assert_eq!(outcomes, [Outcome::OverBudget, Outcome::Cancelled, Outcome::Cancelled]);
    let refused = node.remove(spin).unwrap_err();
    assert!(matches!(refused, PlaceError::Removed { .. }), "{refused}");
    let refused = node.submit(job(spin, Mode::Discard, SHORT_US)).unwrap_err();
    assert_eq!(refused.to_string(), "`spin` was removed; deploy it again");
}
