//! A pool that does not start, and one that sleeps.

use std::time::Instant;

use mote_abi::park::WakeFence;
use mote_abi::windows::Base;

use super::*;
use crate::config::NodeConfig;
use crate::isolation::enclosure::Enclosure;
use crate::isolation::layer::Layer;
use crate::isolation::layout::Layout;
use crate::pool::bell::Bell;
use crate::pool::fake_worker::{self, honest, publish, publish_request, request};
use crate::pool::sleep::Alarm;
use crate::pool::watchdog::Limits;
use crate::sys::memory_file::program_file;

fn pool(slots: Vec<WorkerSlot>) -> WorkerPool {
    WorkerPool {
        spawn_context: Arc::new(spawn_context("/bin/false")),
        slots,
        spares: None,
        stop_counts: StopCounts::default(),
    }
}

fn spawn_context(program: &str) -> SpawnContext {
    let program = std::fs::read(program).unwrap();
    SpawnContext {
        config: NodeConfig::default(),
        cpus: Vec::new(),
        program: program_file("test-program", &program).unwrap(),
        windows: Vec::new(),
        enclosure: Enclosure::prepare(&Layer::ALL, &(0..0), Base::of_number(0)).unwrap(),
        layout: Layout::of_seed(0),
    }
}

#[test]
fn pool_reports_the_worker_that_does_not_start() {
    let plan = Plan::new(&[0], 2);
    let failure = WorkerPool::start(spawn_context("/bin/false"), &plan).unwrap_err();
    assert!(matches!(failure, StartError::NotReady { .. }), "{failure}");
}

#[test]
fn job_that_must_start_soon_goes_behind_none_that_may_take_longer() {
    let (mut worker, _fake) = fake_worker::worker();
    let limits = Limits::of(&request(1, b"").spec);
    let ends_ns = limits.budget_ns + limits.grace_ns;
    assert!(worker.starts_next_by(7, 7), "it is idle");
    publish(&mut worker, 1, b"");
    let slots = vec![WorkerSlot::serving_with(worker)];
    let mut pool = self::pool(slots);
    assert!(pool.any_line(7, 7 + ends_ns - 1).is_none());
    assert!(pool.any_line(7, 7 + ends_ns).is_some() && pool.any_line(7, u64::MAX).is_some());
}

/// A worker with one invocation that is in its budget for long.
fn working() -> (Worker, fake_worker::FakeWorker) {
    let (mut worker, fake) = fake_worker::worker();
    let mut request = request(1, b"");
    request.spec.budget_us = 10_000_000;
    publish_request(&mut worker, request, b"");
    (worker, fake)
}

#[test]
fn dispatcher_is_up_before_a_deadline() {
    let (mut worker, _fake) = fake_worker::worker();
    publish(&mut worker, 1, b"");
    let deadline_ns = worker.watch_ns().unwrap();
    let slot = WorkerSlot::serving_with(worker);
    assert_eq!(slot.wake_ns(now_ns(), 30_000), Some(deadline_ns - 30_000));
}

/// A sleep ends on its own after 20 ms, so only an earlier end shows that the ring was heard. A busy
/// machine may spoil some attempts, not all.
#[test]
fn sleeping_dispatcher_is_woken_by_a_completion() {
    let woken_early = (0..50).any(|_| {
        let (worker, fake) = working();
        let pool = self::pool(vec![WorkerSlot::serving_with(worker)]);
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
        pool.sleep(now_ns(), 0, Alarm::NONE);
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
    let pool = self::pool(vec![WorkerSlot::serving_with(worker)]);
    let before = Instant::now();
    (0..100).for_each(|_| pool.sleep(now_ns(), 0, Alarm::NONE));
    assert!(before.elapsed() < Duration::from_secs(1), "100 sleeps of 20 ms take longer");
    assert!(!fake.inbox().dispatcher_parked.must_wake(WakeFence::ByWaker));
}

#[test]
fn freest_worker_is_the_one_with_the_fewest_invocations() {
    let (mut first, _first_fake) = fake_worker::worker();
    let (mut second, _second_fake) = fake_worker::worker();
    second.number = 1;
    publish(&mut first, 1, b"");
    let slots = vec![WorkerSlot::serving_with(first), WorkerSlot::serving_with(second)];
    let mut pool = self::pool(slots);
    let mut order = Vec::new();
    while let Some(line) = pool.any_line(0, u64::MAX) {
        order.push(line.worker());
        line.publish(request(2, b""), fake_worker::start(b""), b"");
    }
    assert_eq!(order, [1, 0, 1]);
}

/// A worker with one invocation that is in its budget for long, and a bell that was rung before.
#[test]
fn dispatcher_does_not_sleep_when_its_bell_was_rung() {
    let (worker, _fake) = working();
    let slots = vec![WorkerSlot::serving_with(worker)];
    let pool = self::pool(slots);
    let bell = Bell::default();
    bell.ring();
    let before = Instant::now();
    let alarm = Alarm { bell: Some(&bell), until_ns: u64::MAX };
    (0..100).for_each(|_| pool.sleep(now_ns(), 0, alarm));
    assert!(before.elapsed() < Duration::from_secs(1), "100 sleeps of 20 ms take longer");
    assert!(bell.take() && !bell.take());
}
