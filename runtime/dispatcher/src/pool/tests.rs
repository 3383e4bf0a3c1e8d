//! A pool that does not start, and one that sleeps.

use std::time::Instant;

use super::*;
use crate::node::config::NodeConfig;
use crate::pool::areas::program_file;
use crate::pool::fake_worker::{self, honest, publish};

fn spawn_context(program: &str) -> SpawnContext {
    let program = std::fs::read(program).unwrap();
    SpawnContext {
        config: NodeConfig::default(),
        program: program_file("test-program", &program).unwrap(),
        windows: Vec::new(),
    }
}

#[test]
fn crew_reports_the_worker_that_does_not_start() {
    let plan = Plan::new(&[0], 2);
    let failure = WorkerPool::start(spawn_context("/bin/false"), &plan).unwrap_err();
    assert!(matches!(failure, NodeError::WorkerStart { .. }), "{failure}");
}

/// A worker with one invocation that is in its budget for long.
fn working() -> (Worker, fake_worker::FakeWorker) {
    let (mut worker, fake) = fake_worker::worker();
    let mut request = fake_worker::request(1, b"");
    request.spec.budget_us = 10_000_000;
    worker.publish(request, mote_abi::message::Invoke::default(), b"");
    (worker, fake)
}

#[test]
fn dispatcher_is_up_before_a_deadline() {
    let (mut worker, _fake) = fake_worker::worker();
    publish(&mut worker, 1, b"");
    let deadline_ns = worker.watch_ns().unwrap();
    let slot = WorkerSlot::occupied(worker);
    assert_eq!(slot.wake_ns(now_ns(), 30_000), Some(deadline_ns - 30_000));
}

/// A sleep ends on its own after 20 ms, so only an earlier end shows that the ring was heard. A busy
/// machine may spoil some attempts, not all.
#[test]
fn sleeping_dispatcher_is_woken_by_a_completion() {
    let woken_early = (0..50).any(|_| {
        let (worker, fake) = working();
        let pool = WorkerPool {
            spawn_context: spawn_context("/bin/false"),
            slots: vec![WorkerSlot::occupied(worker)],
        };
        let waker = std::thread::spawn(move || {
            let before = Instant::now();
            let parked = &fake.inbox().dispatcher_parked;
            while !parked.must_wake(WakeFence::ByWaker)
                && before.elapsed() < Duration::from_millis(20)
            {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_millis(1));
            fake.complete(1, honest());
        });
        let before = Instant::now();
        pool.sleep(now_ns(), 0);
        let slept = before.elapsed();
        waker.join().unwrap();
        (Duration::from_millis(1)..Duration::from_millis(15)).contains(&slept)
    });
    assert!(woken_early);
}

#[test]
fn dispatcher_does_not_sleep_when_a_completion_is_there() {
    let (worker, fake) = working();
    fake.complete(1, honest());
    let pool = WorkerPool {
        spawn_context: spawn_context("/bin/false"),
        slots: vec![WorkerSlot::occupied(worker)],
    };
    let before = Instant::now();
    (0..100).for_each(|_| pool.sleep(now_ns(), 0));
    assert!(before.elapsed() < Duration::from_secs(1), "100 sleeps of 20 ms take longer");
    assert!(!fake.inbox().dispatcher_parked.must_wake(WakeFence::ByWaker));
}

#[test]
fn freest_worker_is_the_one_with_the_fewest_invocations() {
    let (mut first, _first_fake) = fake_worker::worker();
    let (second, _second_fake) = fake_worker::worker();
    publish(&mut first, 1, b"");
    let (busy, idle) = (first.process.pid(), second.process.pid());
    let slots = vec![WorkerSlot::occupied(first), WorkerSlot::occupied(second)];
    let mut pool = WorkerPool { spawn_context: spawn_context("/bin/false"), slots };
    let mut order = Vec::new();
    while let Some(worker) = pool.freest() {
        order.push(worker.process.pid());
        publish(worker, 2, b"");
    }
    assert_eq!(order, [idle, busy, idle]);
}
