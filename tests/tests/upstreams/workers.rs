//! Workers on which somebody waits.

use mote_abi::outcome::Outcome;
use mote_dispatcher::{Deployment, NodeConfig, Sharing, TenantId, VerifiedImage};
use mote_tests::image;
use mote_tests::signals::send;

use crate::{held, job, node, text, waiting};

const SIGKILL: i32 = 9;

#[test]
fn what_waits_on_a_worker_is_lost_with_it_and_its_late_reply_is_nobodys() {
    let (mut node, backend) = node(&waiting(2));
    let asks = node.service("asks");
    let tickets = [0, 1].map(|_| held(&mut node, &backend, job(asks, "net hold")));
    let pid = node.worker_pids()[0];
    send(pid, SIGKILL);
    for _ in 0..2 {
        let ended = node.wait().unwrap();
        assert_eq!(ended.outcome, Outcome::WorkerLost, "{ended:?}");
        assert!(tickets.contains(&ended.ticket));
    }
    backend.release(2);
    for _ in 0..100 {
        let ended = node.invoke(job(asks, "net echo x")).unwrap();
        assert_eq!((text(&ended), ended.worker_pid == pid), ("x", false));
    }
    assert_eq!((node.wait(), node.refused_steps()), (None, 0));
}

#[test]
fn worker_on_which_a_tenant_waits_serves_nobody_else() {
    let config = NodeConfig { sharing: Sharing::Tenant, workers: 2, ..waiting(4) };
    let (mut node, backend) = node(&config);
    let services: Vec<_> = (1..=3)
        .map(|tenant| {
            let image = VerifiedImage::new("asks", &image("asks")).unwrap();
            let deployment = Deployment { tenant: TenantId(tenant), ..Deployment::new("asks") };
            node.install(deployment, image).unwrap()
        })
        .collect();
    let pids = node.worker_pids();
    held(&mut node, &backend, job(services[0], "net hold"));
    for &service in &services[1..] {
        for _ in 0..3 {
            let ended = node.invoke(job(service, "net echo x")).unwrap();
            assert_eq!(text(&ended), "x");
        }
    }
    let kept = node.worker_pids().into_iter().filter(|pid| pids.contains(pid)).count();
    assert!(kept >= 1, "the worker on which a tenant waits was replaced");
    backend.release(1);
    let ended = node.wait().unwrap();
    assert_eq!((ended.outcome, text(&ended)), (Outcome::Ok, "released"), "{ended:?}");
    assert!(pids.contains(&ended.worker_pid));
}
