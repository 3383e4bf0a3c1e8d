//! Tenants that do not share a worker: which process runs whose jobs, and what a service that breaks out of the
//! language sees of others.

use std::collections::{BTreeMap, BTreeSet};
use std::thread::sleep;
use std::time::Duration;

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{
    Completed, Deployment, Job, NodeConfig, ServiceId, Sharing, TenantId, VerifiedImage,
};
use mote_tests::{TestNode, image};

const BUDGET_US: u32 = 600_000;

fn separated() -> NodeConfig {
    NodeConfig { sharing: Sharing::Tenant, ..NodeConfig::default() }
}

/// Another tenant's service for each of `count`, with the image of `name`.
fn services(node: &mut TestNode, name: &str, tenants: std::ops::Range<u16>) -> Vec<ServiceId> {
    let install = |tenant| {
        let image = VerifiedImage::new(name, &image(name)).unwrap();
        let deployment = Deployment { tenant: TenantId(tenant), ..Deployment::new(name) };
        node.install(deployment, image).unwrap()
    };
    tenants.map(install).collect()
}

fn job(service: ServiceId, body: &[u8]) -> Job<'_> {
    let (mode, heap) = (Mode::Guarded, Heap::Bump);
    let (budget_us, grace_us) = (BUDGET_US, BUDGET_US);
    Job { service, body, mode, heap, budget_us, grace_us, memory_kib: 1024 }
}

/// Waits for `count` spares: nothing in a node happens but in calls.
fn await_spares(node: &mut TestNode, count: usize) {
    for _ in 0..5_000 {
        node.poll();
        if node.ready_spares() >= count {
            return;
        }
        sleep(Duration::from_millis(1));
    }
    panic!("{} spares are ready, of {count}", node.ready_spares());
}

fn wait_for_all(node: &mut TestNode) -> Vec<Completed> {
    let ended: Vec<_> = std::iter::from_fn(|| node.wait()).collect();
    for ended in &ended {
        assert_eq!(ended.outcome, Outcome::Ok, "{ended:?}");
    }
    ended
}

fn is_there(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// Which processes ran jobs of each service.
fn processes(all: &[Completed]) -> BTreeMap<ServiceId, BTreeSet<u32>> {
    let mut processes = BTreeMap::<_, BTreeSet<_>>::new();
    for ended in all {
        processes.entry(ended.service).or_default().insert(ended.worker_pid);
    }
    processes
}

#[track_caller]
fn assert_no_process_ran_two_tenants(all: &[Completed]) {
    let processes = processes(all);
    let distinct: BTreeSet<_> = processes.values().flatten().collect();
    let counted: usize = processes.values().map(BTreeSet::len).sum();
    assert_eq!(distinct.len(), counted, "{processes:?}");
}

#[test]
fn worker_is_replaced_by_a_spare_before_it_serves_another_tenant() {
    let mut node = TestNode::start(&separated());
    let services = services(&mut node, "hello", 1..4);
    let mut ended = Vec::new();
    for round in 0..4 {
        for &service in &services {
            await_spares(&mut node, 1);
            let before = ended.last().map(|ended: &Completed| ended.worker_pid);
            let next = node.invoke(job(service, b"you")).unwrap();
            assert_eq!(next.body, b"Hello, you!", "round {round}: {next:?}");
            assert_ne!(Some(next.worker_pid), before, "round {round}");
            ended.push(next);
        }
    }
    assert_no_process_ran_two_tenants(&ended);
    // Those that were replaced end; who serves now does not.
    let last = ended.pop().map(|ended| ended.worker_pid);
    let replaced: BTreeSet<u32> = ended.iter().map(|ended| ended.worker_pid).collect();
    for _ in 0..5_000 {
        node.poll();
        if !replaced.iter().any(|&pid| is_there(pid)) {
            break;
        }
        sleep(Duration::from_millis(1));
    }
    assert!(!replaced.iter().any(|&pid| is_there(pid)) && last.is_some_and(is_there));
}

#[test]
fn worker_stays_while_it_serves_one_tenant() {
    let mut node = TestNode::start(&separated());
    let services = services(&mut node, "hello", 1..2);
    let pids: BTreeSet<_> =
        (0..50).map(|_| node.invoke(job(services[0], b"you")).unwrap().worker_pid).collect();
    assert_eq!(pids.len(), 1);
}

/// More tenants than spares, all at once: jobs wait for spares, and run in batches.
#[test]
fn jobs_wait_for_spares_and_run_in_batches_when_those_run_out() {
    for workers in [1, 3] {
        let mut node = TestNode::start(&NodeConfig { workers, spares: Some(1), ..separated() });
        let services = services(&mut node, "hello", 1..6);
        for number in 0..100 {
            node.submit(job(services[number % services.len()], b"you")).unwrap();
        }
        let ended = wait_for_all(&mut node);
        assert_eq!(ended.len(), 100);
        assert_no_process_ran_two_tenants(&ended);
        let switches: usize = processes(&ended).values().map(BTreeSet::len).sum();
        assert!(switches < 100, "{switches} processes for 100 jobs: there were no batches");
    }
}

/// A tenant that always has a job waiting does not keep another from the only worker for long.
#[test]
fn tenant_with_many_jobs_keeps_nobody_waiting() {
    let mut node = TestNode::start(&separated());
    let services = services(&mut node, "hello", 1..3);
    for _ in 0..20 {
        node.submit(job(services[0], b"you")).unwrap();
    }
    let waiting = node.submit(job(services[1], b"me")).unwrap();
    let overtaking = (0..1_000_000).take_while(|_| {
        let ended = node.wait().unwrap();
        node.submit(job(services[0], b"you")).unwrap();
        ended.ticket != waiting
    });
    assert!(overtaking.count() < 1_000_000);
    wait_for_all(&mut node);
}

/// What `timestamp` answered, ten times.
fn times(config: &NodeConfig) -> Vec<u64> {
    let mut node = TestNode::start(config);
    let service = services(&mut node, "timestamp", 1..2)[0];
    let time = |_| node.invoke(job(service, b"")).unwrap().body.try_into().unwrap();
    (0..10).map(time).map(u64::from_le_bytes).collect()
}

#[test]
fn clock_of_services_has_a_step_of_a_microsecond_where_tenants_do_not_share_workers() {
    assert!(times(&separated()).iter().all(|time_ns| time_ns % 1000 == 0));
    assert!(times(&NodeConfig::default()).iter().any(|time_ns| time_ns % 1000 != 0));
    let config = NodeConfig { clock_step_ns: Some(7_000), ..NodeConfig::default() };
    assert!(times(&config).iter().all(|time_ns| time_ns % 7000 == 0));
}

/// What `eavesdrops`, of one tenant, found of the request of another that was submitted behind its own.
fn overheard(config: &NodeConfig) -> Vec<u8> {
    let mut node = TestNode::start(config);
    let spy = services(&mut node, "eavesdrops", 1..2)[0];
    let victim = services(&mut node, "hello", 2..3)[0];
    let spying = node.submit(job(spy, b"")).unwrap();
    node.submit(job(victim, b"the other tenant's secret")).unwrap();
    let ended = wait_for_all(&mut node);
    let answer = ended.iter().find(|ended| ended.ticket != spying).unwrap();
    assert_eq!(answer.body, b"Hello, the other tenant's secret!", "{answer:?}");
    ended.into_iter().find(|ended| ended.ticket == spying).unwrap().body
}

#[test]
fn request_of_another_tenant_is_not_seen_where_tenants_do_not_share_workers() {
    assert_eq!(overheard(&separated()), b"");
}

/// The attack works where all share all workers: the one above is not stopped by something else.
#[test]
fn request_of_another_tenant_is_seen_where_all_share_all_workers() {
    let seen = overheard(&NodeConfig::default());
    assert!(seen.starts_with(b"the other tenant's secret"), "{seen:?}");
}
