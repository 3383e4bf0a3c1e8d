//! More services than there is room for: the idle one that was not used for longest makes room.

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Job, NodeConfig, PlaceError, ServiceId, SubmitError};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, image};

/// Room for a few small images.
const IMAGES_KIB: u32 = 16;

fn job(service: ServiceId, mode: Mode, budget_us: u32) -> Job<'static> {
    let (heap, grace_us, memory_kib) = (Heap::Bump, SHORT_US, 4096);
    Job { service, body: b"world", mode, heap, budget_us, grace_us, memory_kib }
}

fn small(config: NodeConfig) -> TestNode {
    TestNode::start(&NodeConfig { images_kib: IMAGES_KIB, ..config })
}

fn deploy(node: &mut TestNode, name: &str, copies: usize) -> Vec<ServiceId> {
    (0..copies).map(|_| node.deploy(name, image(name)).unwrap()).collect()
}

#[test]
fn thrashing_degrades_to_cold_starts_and_never_to_failures() {
    for slice_us in [None, Some(100)] {
        let mut node = small(NodeConfig { slice_us, workers: 2, ..NodeConfig::default() });
        let services = deploy(&mut node, "hello", 60);
        for round in 0..20 {
            for &service in &services {
                node.submit(job(service, Mode::Guarded, AMPLE_US)).unwrap();
            }
            for _ in &services {
                let ended = node.wait().unwrap();
                assert_eq!(ended.body, b"Hello, world!", "round {round}: {ended:?}");
            }
        }
        let unloaded = node.images_unloaded();
        assert!(unloaded > 500, "60 images fit into {IMAGES_KIB} KiB: {unloaded} were unloaded");
    }
}

#[test]
fn service_that_is_used_often_stays_resident_beside_many_that_are_used_once() {
    let mut node = small(NodeConfig::default());
    let often = deploy(&mut node, "hello", 1)[0];
    let once = deploy(&mut node, "hello", 100);
    let mut run = |service| {
        let before = node.images_unloaded();
        assert_eq!(
            node.invoke(job(service, Mode::Guarded, AMPLE_US)).unwrap().outcome,
            Outcome::Ok
        );
        node.images_unloaded() - before
    };
    for service in once {
        run(service);
        run(often);
        assert_eq!(run(often), 0, "room was made for it: it had been unloaded");
    }
}

#[test]
fn image_in_which_a_job_runs_is_not_unloaded_and_others_wait_for_its_room() {
    let mut node = small(NodeConfig { depth: 1, workers: 2, ..NodeConfig::default() });
    let spins = deploy(&mut node, "spin", 2);
    let hellos = deploy(&mut node, "hello", 40);
    for service in spins {
        node.submit(job(service, Mode::Discard, 50_000)).unwrap();
    }
    for &service in &hellos {
        node.submit(job(service, Mode::Guarded, AMPLE_US)).unwrap();
    }
    let ended: Vec<_> = std::iter::from_fn(|| node.wait()).collect();
    let of = |outcome| ended.iter().filter(|ended| ended.outcome == outcome).count();
    assert_eq!((of(Outcome::OverBudget), of(Outcome::Ok)), (2, 40), "{ended:?}");
}

#[test]
fn image_that_can_never_fit_is_refused() {
    let mut node = TestNode::start(&NodeConfig { images_kib: 0, ..NodeConfig::default() });
    let hello = node.service("hello");
    let refused = node.submit(job(hello, Mode::Guarded, AMPLE_US)).unwrap_err();
    assert!(matches!(refused, SubmitError::Place(PlaceError::Zone { .. })), "{refused}");
}
