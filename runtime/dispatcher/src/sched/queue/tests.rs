//! Waiting jobs of several tenants and services.

use proptest::prelude::*;

use super::*;
use crate::job::request::tests::request;
use crate::job::share::Share;

fn waiting(number: u64, start_by_ns: u64) -> Waiting {
    let request = Request { start_by_ns, ..request(number, b"") };
    Waiting { request, body: vec![number as u8] }
}

fn of(number: u64, tenant: u16, service: u32) -> Request {
    let mut request = request(number, b"");
    (request.spec.tenant, request.spec.service) = (TenantId(tenant), ServiceId(service));
    request
}

fn push(queue: &mut Queue, request: Request) -> Result<(), QueueFull> {
    queue.room(request.spec.tenant, request.spec.service)?.push(request, b"");
    Ok(())
}

fn number(waiting: Option<Waiting>) -> Option<u64> {
    waiting.map(|waiting| waiting.request.ticket.0)
}

fn order(queue: &mut Queue) -> Vec<u64> {
    std::iter::from_fn(|| number(queue.pop())).collect()
}

fn unlimited(limit: usize) -> Queue {
    Queue::new(limit, Shares::default())
}

#[test]
fn job_that_lost_its_worker_goes_first_even_when_the_queue_is_full() {
    let mut queue = unlimited(1);
    push(&mut queue, request(3, b"")).unwrap();
    assert_eq!(push(&mut queue, request(4, b"")), Err(QueueFull { limit: 1 }));
    assert_eq!(queue.first_ns(), 3);
    queue.put_back(waiting(2, u64::MAX));
    queue.put_back(waiting(1, u64::MAX));
    assert_eq!(queue.first_ns(), 1);
    assert_eq!(order(&mut queue), [1, 2, 3]);
}

#[test]
fn job_expires_at_its_time_wherever_it_stands() {
    let mut queue = unlimited(9);
    for (number, start_by_ns) in [(1, u64::MAX), (2, 50), (3, 20)] {
        push(&mut queue, waiting(number, start_by_ns).request).unwrap();
    }
    queue.put_back(waiting(4, 20));
    assert_eq!((queue.next_deadline_ns(), number(queue.pop_expired(19))), (20, None));
    let expired = [20, 20, 20].map(|now_ns| number(queue.pop_expired(now_ns)));
    assert_eq!(expired, [Some(3), Some(4), None]);
    assert_eq!(number(queue.remove(Ticket(2))), Some(2));
    assert_eq!(queue.next_deadline_ns(), u64::MAX, "it took its deadline with it");
    assert_eq!((number(queue.remove(Ticket(2))), number(queue.pop())), (None, Some(1)));
}

#[test]
fn all_are_lost_when_nobody_is_left() {
    let mut queue = unlimited(2);
    push(&mut queue, request(1, b"")).unwrap();
    queue.put_back(waiting(2, 9));
    assert!(!queue.is_empty());
    let lost: Vec<Completed> = std::iter::from_fn(|| queue.pop_lost("x")).collect();
    assert_eq!(lost.iter().map(|lost| lost.ticket.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(lost[0].error.as_deref(), Some("no worker is left to run it: x"));
    assert!(queue.is_empty() && queue.pop_expired(u64::MAX).is_none());
}

#[test]
fn tenants_and_then_their_services_take_turns() {
    let mut queue = unlimited(99);
    // Tenant 1 came first, with much of service 10 and a little of 11; tenant 2 asks for one thing.
    (1..=4).for_each(|number| push(&mut queue, of(number, 1, 10)).unwrap());
    push(&mut queue, of(5, 1, 11)).unwrap();
    push(&mut queue, of(6, 2, 20)).unwrap();
    assert_eq!(queue.select().map(|next| next.ticket), Some(Ticket(1)));
    assert_eq!(order(&mut queue), [1, 6, 5, 2, 3, 4]);
}

#[test]
fn quota_refuses_its_tenant_or_service_and_nobody_else() {
    let share = Share { max_queued: 2, ..Share::default() };
    let mut queue = Queue::new(99, Shares::new([(TenantId(1), share)]));
    queue.shares.set(ServiceId(20), Share { max_queued: 1, ..share });
    push(&mut queue, of(1, 1, 10)).unwrap();
    push(&mut queue, of(2, 1, 11)).unwrap();
    assert_eq!(push(&mut queue, of(3, 1, 12)), Err(QueueFull { limit: 2 }));
    push(&mut queue, of(4, 2, 20)).unwrap();
    assert_eq!(push(&mut queue, of(5, 2, 20)), Err(QueueFull { limit: 1 }));
    push(&mut queue, of(6, 2, 21)).unwrap();
}

#[test]
fn job_whose_tenant_has_enough_workers_waits_and_others_pass_it() {
    let share = Share { max_running: 1, ..Share::default() };
    let mut queue = Queue::new(99, Shares::new([(TenantId(1), share)]));
    queue.shares.started(&of(0, 1, 10).spec);
    push(&mut queue, of(1, 1, 10)).unwrap();
    push(&mut queue, of(2, 2, 20)).unwrap();
    assert_eq!(order(&mut queue), [2], "the other may not go");
    queue.shares.left(TenantId(1), ServiceId(10));
    assert_eq!(order(&mut queue), [1]);
}

#[test]
fn one_tenants_jobs_are_selected_by_themselves() {
    let mut queue = unlimited(9);
    push(&mut queue, of(1, 1, 10)).unwrap();
    push(&mut queue, of(2, 2, 20)).unwrap();
    queue.put_back(Waiting { request: of(3, 2, 20), body: Vec::new() });
    let selected =
        |queue: &mut Queue, tenant| queue.select_of(TenantId(tenant)).map(|it| it.ticket.0);
    assert_eq!([1, 2, 3].map(|tenant| selected(&mut queue, tenant)), [Some(1), Some(3), None]);
    assert_eq!(number(queue.take(Ticket(3))), Some(3));
    assert_eq!(selected(&mut queue, 2), Some(2), "what had a worker went first");
}

proptest! {
    /// Whatever happens, each job leaves once, limits hold, and those of one service leave in their order.
    #[test]
    fn each_job_leaves_once(
        limit in 0..12_usize,
        steps in prop::collection::vec((0..6_u8, 0..3_u16, 0..4_u32, 1..60_u64), 0..300),
    ) {
        let mut queue = unlimited(limit);
        let (mut waits, mut last) = (BTreeSet::new(), HashMap::new());
        for (time, (step, tenant, service, some)) in (1..).zip(steps) {
            let left = match step {
                0..=2 => {
                    let start_by_ns = if some < 30 { time + some } else { u64::MAX };
                    let service = service + u32::from(tenant) * 4;
                    let request = Request { start_by_ns, ..of(time, tenant, service) };
                    let taken = push(&mut queue, request).is_ok();
                    prop_assert_eq!(taken, waits.len() < limit);
                    if taken {
                        waits.insert(time);
                    }
                    None
                }
                3 => queue.remove(Ticket(some)),
                4 => queue.pop_expired(time),
                _ => {
                    let next = queue.pop();
                    prop_assert_eq!(next.is_some(), !waits.is_empty(), "it conserves work");
                    if let Some(next) = &next {
                        let before = last.insert(next.request.spec.service, next.request.ticket);
                        prop_assert!(before.is_none_or(|before| before < next.request.ticket));
                    }
                    next
                }
            };
            if let Some(left) = number(left) {
                prop_assert!(waits.remove(&left), "{} left twice", left);
            }
            prop_assert_eq!(queue.is_empty(), waits.is_empty());
        }
    }
}
