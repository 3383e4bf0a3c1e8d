//! Strikes are counted against a tenant's services of one name, and lead to a ban that only the operator lifts.

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{
    Ban, Completed, Deployment, Job, NodeConfig, ServiceId, Strikes, SubmitError, TenantId,
    VerifiedImage,
};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, hidden_system_call, image, machine_code};

/// A node that bans after so many strikes.
fn strict_node(ban_after: u32) -> TestNode {
    TestNode::start(&NodeConfig { ban_after: Some(ban_after), ..NodeConfig::default() })
}

/// `service`, whose limits only a runaway meets.
fn job(service: ServiceId) -> Job<'static> {
    let (mode, heap) = (Mode::Guarded, Heap::Bump);
    let (budget_us, grace_us) = (SHORT_US, SHORT_US);
    Job { service, body: b"world", mode, heap, budget_us, grace_us, memory_kib: 4096 }
}

/// A service of `tenant` with the image of `hello`.
fn install(node: &mut TestNode, name: &str, tenant: TenantId) -> ServiceId {
    let image = VerifiedImage::new(name, &image("hello")).unwrap();
    node.install(Deployment { tenant, ..Deployment::new(name) }, image).unwrap()
}

#[track_caller]
fn assert_banned(node: &mut TestNode, service: ServiceId, expected: Ban) {
    assert_eq!(node.service_statistics(service).unwrap().ban, Some(expected));
    let refused = node.invoke(job(service)).unwrap_err();
    assert!(matches!(refused, SubmitError::Banned { ban, .. } if ban == expected), "{refused}");
}

#[track_caller]
fn assert_served(node: &mut TestNode, service: ServiceId) {
    let ended = node.invoke(job(service)).unwrap();
    assert_eq!(ended.outcome, Outcome::Ok, "{ended:?}");
}

fn run_stubborn(node: &mut TestNode) -> Completed {
    let (budget_us, grace_us) = (SHORT_US, SHORT_US);
    node.run_with("guard_spin", |job| Job { budget_us, grace_us, ..job })
}

#[test]
fn ban_of_a_service_that_does_not_yield_stays_when_it_is_deployed_again() {
    let mut node = strict_node(2);
    let stubborn = node.service("guard_spin");
    for _ in 0..2 {
        assert_eq!(node.service_statistics(stubborn).unwrap().ban, None);
        assert_eq!(run_stubborn(&mut node).outcome, Outcome::OverBudget);
    }
    let strikes = Strikes { unyielding: 2, ..Strikes::default() };
    let statistics = node.service_statistics(stubborn).unwrap();
    let counts = (statistics.ended, statistics.over_budget, statistics.strikes);
    assert_eq!(counts, (2, 2, strikes));
    assert_banned(&mut node, stubborn, Ban::Strikes(strikes));
    let expected = "`guard_spin` is banned: it did not yield at its soft deadline 2 times; deploying it \
                    again does not change that, its operator can lift the ban";
    assert_eq!(node.invoke(job(stubborn)).unwrap_err().to_string(), expected);
    // A harmless image under the same name, in each way that there is.
    node.replace(stubborn, VerifiedImage::new("guard_spin", &image("hello")).unwrap()).unwrap();
    assert_banned(&mut node, stubborn, Ban::Strikes(strikes));
    node.remove(stubborn).unwrap();
    let again = node.deploy("guard_spin", image("hello")).unwrap();
    assert_banned(&mut node, again, Ban::Strikes(strikes));
    node.set_banned(again, false).unwrap();
    assert_eq!(node.service_statistics(again).unwrap().strikes, Strikes::default());
    assert_served(&mut node, again);
}

#[test]
fn ban_is_for_one_tenant_and_one_name() {
    let mut node = strict_node(1);
    let tenants = [TenantId(1), TenantId(2)];
    let [banned, other] = tenants.map(|tenant| install(&mut node, "same", tenant));
    let (sibling, version) =
        (install(&mut node, "sibling", tenants[0]), install(&mut node, "same", tenants[0]));
    node.set_banned(banned, true).unwrap();
    assert_banned(&mut node, banned, Ban::Operator);
    assert_banned(&mut node, version, Ban::Operator);
    assert_served(&mut node, other);
    assert_served(&mut node, sibling);
}

#[test]
fn denied_system_call_is_a_strike() {
    let mut node = strict_node(1);
    node.crafted("calls", &hidden_system_call!(), "mote_respond");
    let ended = node.run("calls", Mode::Guarded, AMPLE_US);
    assert_eq!(ended.outcome, Outcome::DeniedSyscall, "{ended:?}");
    let strikes = Strikes { denied_syscalls: 1, ..Strikes::default() };
    assert_banned(&mut node, ended.service, Ban::Strikes(strikes));
}

/// Ends its worker: a call as another architecture, which the filter answers with death.
#[test]
fn lost_worker_is_a_strike_of_the_service_that_ran_and_of_no_other() {
    let mut node = strict_node(2);
    let code = machine_code!(
        "lea r8, [rip + 3f]",
        "inc r8",
        "mov eax, 20",
        "jmp r8",
        "3: mov edx, 0x90c380cd",
        "ret",
    );
    node.crafted("kills", &code, "mote_respond");
    let (kills, hello) = (node.service("kills"), node.service("hello"));
    for _ in 0..2 {
        // One behind it in the ring is given to the next worker.
        let (lost, behind) = (node.submit(job(kills)).unwrap(), node.submit(job(hello)).unwrap());
        let ended: Vec<_> = std::iter::from_fn(|| node.wait()).collect();
        let outcome =
            |ticket| ended.iter().find(|it| it.ticket == ticket).map(|ended| ended.outcome);
        assert_eq!(outcome(lost), Some(Outcome::WorkerLost), "{ended:?}");
        assert_eq!(outcome(behind), Some(Outcome::Ok), "{ended:?}");
    }
    let strikes = Strikes { lost_workers: 2, ..Strikes::default() };
    assert_banned(&mut node, kills, Ban::Strikes(strikes));
    assert_eq!(node.service_statistics(hello).unwrap().strikes, Strikes::default());
}

#[test]
fn service_that_yields_is_not_banned() {
    let mut node = strict_node(1);
    for _ in 0..3 {
        let ended = node.run("alloc_spin", Mode::Guarded, SHORT_US);
        assert_eq!(ended.outcome, Outcome::OverBudget, "{ended:?}");
        let ended = node.run("guard_spin", Mode::Discard, SHORT_US);
        assert_eq!(ended.outcome, Outcome::OverBudget, "{ended:?}");
    }
}

#[test]
fn nobody_is_banned_by_strikes_without_a_limit() {
    let mut node = TestNode::default();
    for _ in 0..3 {
        assert_eq!(run_stubborn(&mut node).outcome, Outcome::OverBudget);
    }
    let stubborn = node.service("guard_spin");
    let statistics = node.service_statistics(stubborn).unwrap();
    assert_eq!((statistics.strikes.unyielding, statistics.ban), (3, None));
}
