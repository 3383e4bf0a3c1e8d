//! Tenants beside each other: one's flood, shares, quotas and limits of concurrency.

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{
    Completed, Deployment, Job, NodeConfig, ServiceId, Share, SubmitError, TenantId, VerifiedImage,
};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, image};

const QUIET: TenantId = TenantId(1);
const LOUD: TenantId = TenantId(2);

fn job(service: ServiceId, mode: Mode, budget_us: u32) -> Job<'static> {
    let (heap, grace_us, memory_kib) = (Heap::Bump, SHORT_US, 4096);
    Job { service, body: b"world", mode, heap, budget_us, grace_us, memory_kib }
}

/// Installs `name` for `tenant`.
fn install(node: &mut TestNode, name: &str, tenant: TenantId) -> ServiceId {
    let image = VerifiedImage::new(name, &image(name)).unwrap();
    let deployment = Deployment { tenant, ..Deployment::new(name) };
    node.install(deployment, image).unwrap()
}

/// Submits it so often.
fn flood(node: &mut TestNode, times: usize, job: Job<'_>) {
    for _ in 0..times {
        node.submit(job).unwrap();
    }
}

fn all(node: &mut TestNode) -> Vec<Completed> {
    std::iter::from_fn(|| node.wait()).collect()
}

#[test]
fn flood_of_long_jobs_leaves_others_answered_after_a_few_of_them() {
    let mut node = TestNode::start(&NodeConfig { queue_limit: 1_000, ..NodeConfig::default() });
    let (spin, hello) = (install(&mut node, "spin", LOUD), install(&mut node, "hello", QUIET));
    flood(&mut node, 100, job(spin, Mode::Discard, SHORT_US));
    flood(&mut node, 10, job(hello, Mode::Guarded, AMPLE_US));
    let ended = all(&mut node);
    assert_eq!(ended.len(), 110);
    let last = ended.iter().rposition(|ended| ended.service == hello).unwrap();
    assert!(last < 30, "the last of the quiet tenant's was number {last}: the flood went first");
}

#[test]
fn flood_of_short_jobs_leaves_others_answered_before_its_end() {
    let mut node = TestNode::start(&NodeConfig { queue_limit: 5_000, ..NodeConfig::default() });
    let (loud, quiet) = (install(&mut node, "hello", LOUD), install(&mut node, "hello", QUIET));
    flood(&mut node, 3_000, job(loud, Mode::Guarded, AMPLE_US));
    flood(&mut node, 10, job(quiet, Mode::Guarded, AMPLE_US));
    let ended = all(&mut node);
    let last = ended.iter().rposition(|ended| ended.service == quiet).unwrap();
    assert!(last < 1_500, "the last of the quiet tenant's was number {last} of 3010");
}

#[test]
fn tenants_get_workers_by_their_weights() {
    let share = Share { weight: 3, ..Share::default() };
    let tenants = vec![(QUIET, share)];
    let config = NodeConfig { tenants, queue_limit: 1_000, ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    let (loud, quiet) = (install(&mut node, "spin", LOUD), install(&mut node, "spin", QUIET));
    for _ in 0..60 {
        node.submit(job(loud, Mode::Discard, SHORT_US)).unwrap();
        node.submit(job(quiet, Mode::Discard, SHORT_US)).unwrap();
    }
    // Until one has no more waiting.
    let ended = all(&mut node);
    let of_quiet = ended[..60].iter().filter(|ended| ended.service == quiet).count();
    assert!(
        (38..=52).contains(&of_quiet),
        "it had {of_quiet} of 60 with three quarters of the weight"
    );
}

#[test]
fn quota_refuses_its_tenant_only_and_a_limit_of_concurrency_leaves_room_for_others() {
    let share = Share { max_queued: 2, max_running: 1, ..Share::default() };
    let config = NodeConfig { tenants: vec![(LOUD, share)], ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    let (loud, quiet) = (install(&mut node, "spin", LOUD), install(&mut node, "hello", QUIET));
    flood(&mut node, 3, job(loud, Mode::Discard, SHORT_US));
    let refused = node.submit(job(loud, Mode::Discard, SHORT_US)).unwrap_err();
    assert!(matches!(refused, SubmitError::QueueFull { limit: 2 }), "{refused}");
    // One of the loud tenant's is on the worker. The quiet one's goes behind it, before those that wait.
    let ticket = node.submit(job(quiet, Mode::Guarded, AMPLE_US)).unwrap();
    let ended = all(&mut node);
    assert_eq!(ended[1].ticket, ticket, "{ended:?}");
    assert_eq!(ended.iter().filter(|it| it.outcome == Outcome::OverBudget).count(), 3);
    // A service's own limit.
    node.set_share(quiet, Share { max_queued: 0, ..share }).unwrap();
    let first = node.submit(job(quiet, Mode::Guarded, AMPLE_US)).unwrap();
    let refused = node.submit(job(quiet, Mode::Guarded, AMPLE_US)).unwrap_err();
    assert!(matches!(refused, SubmitError::QueueFull { limit: 0 }), "{refused}");
    assert_eq!(all(&mut node)[0].ticket, first);
    assert!(node.submit(job(quiet, Mode::Guarded, AMPLE_US)).is_ok());
    assert_eq!(all(&mut node).len(), 1);
}
