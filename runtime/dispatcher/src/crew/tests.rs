//! A crew that does not start, and one that sleeps.

use std::time::Instant;

use super::*;
use crate::config::NodeConfig;
use crate::process::tests::shared_files;
use crate::puppet::{self, honest, publish};

fn equipment(program: &str) -> Equipment {
    let program = std::fs::read(program).unwrap();
    Equipment { config: NodeConfig::default(), files: shared_files(&program) }
}

#[test]
fn crew_reports_the_worker_that_does_not_start() {
    let plan = Plan::new(&[0], 2);
    let failure = Crew::start(equipment("/bin/false"), &plan).unwrap_err();
    assert!(matches!(failure, NodeError::WorkerStart { .. }), "{failure}");
}

/// A worker with one invocation that is in its budget for long.
fn working() -> (Worker, puppet::Puppet) {
    let (mut worker, puppet) = puppet::worker();
    let mut request = puppet::request(1, b"");
    request.terms.budget_us = 10_000_000;
    worker.publish(request, mote_abi::message::Invoke::default(), b"");
    (worker, puppet)
}

#[test]
fn dispatcher_is_up_before_a_deadline() {
    let (mut worker, _puppet) = puppet::worker();
    publish(&mut worker, 1, b"");
    let deadline_ns = worker.watch_ns().unwrap();
    let seat = Seat::occupied(worker);
    assert_eq!(seat.wake_ns(now_ns(), 30_000), Some(deadline_ns - 30_000));
}

/// A sleep ends on its own after 20 ms, so only an earlier end shows that the ring was heard. A busy
/// machine may spoil some attempts, not all.
#[test]
fn sleeping_dispatcher_is_woken_by_a_completion() {
    let woken_early = (0..50).any(|_| {
        let (worker, puppet) = working();
        let crew = Crew { equipment: equipment("/bin/false"), seats: vec![Seat::occupied(worker)] };
        let waker = std::thread::spawn(move || {
            let before = Instant::now();
            let asleep = &puppet.inbox().dispatcher_asleep;
            while !asleep.must_ring(Order::Fence) && before.elapsed() < Duration::from_millis(20) {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_millis(1));
            puppet.complete(1, honest());
        });
        let before = Instant::now();
        crew.sleep(now_ns(), 0);
        let slept = before.elapsed();
        waker.join().unwrap();
        (Duration::from_millis(1)..Duration::from_millis(15)).contains(&slept)
    });
    assert!(woken_early);
}

#[test]
fn dispatcher_does_not_sleep_when_a_completion_is_there() {
    let (worker, puppet) = working();
    puppet.complete(1, honest());
    let crew = Crew { equipment: equipment("/bin/false"), seats: vec![Seat::occupied(worker)] };
    let before = Instant::now();
    (0..100).for_each(|_| crew.sleep(now_ns(), 0));
    assert!(before.elapsed() < Duration::from_secs(1), "100 sleeps of 20 ms take longer");
    assert!(!puppet.inbox().dispatcher_asleep.must_ring(Order::Fence));
}

#[test]
fn freest_worker_is_the_one_with_the_fewest_invocations() {
    let (mut first, _first_puppet) = puppet::worker();
    let (second, _second_puppet) = puppet::worker();
    publish(&mut first, 1, b"");
    let (busy, idle) = (first.process.pid(), second.process.pid());
    let seats = vec![Seat::occupied(first), Seat::occupied(second)];
    let mut crew = Crew { equipment: equipment("/bin/false"), seats };
    let mut order = Vec::new();
    while let Some(worker) = crew.freest() {
        order.push(worker.process.pid());
        publish(worker, 2, b"");
    }
    assert_eq!(order, [idle, busy, idle]);
}
