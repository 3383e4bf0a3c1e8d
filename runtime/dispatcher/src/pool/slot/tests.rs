//! A slot whose workers do not start, and one whose worker dies.

use mote_abi::windows::Base;

use super::filling::MAX_FAILED_STARTS;
use super::*;
use crate::isolation::enclosure::Enclosure;
use crate::isolation::layer::Layer;
use crate::isolation::layout::Layout;
use crate::pool::fake_worker::{self, publish};
use crate::pool::start::START_LIMIT_NS;
use crate::sys::clock::now_ns;
use crate::sys::memory_file::program_file;

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

/// Ticks in a time of its own, a millisecond each, until `done`.
fn tick_until(
    slot: &mut WorkerSlot,
    spawn_context: &SpawnContext,
    done: impl Fn(&WorkerSlot) -> bool,
) -> PoolEvents {
    let mut events = PoolEvents::default();
    let start_ns = now_ns();
    for tick in 0..5_000 {
        slot.tick(start_ns + tick * 1_000_000, spawn_context, None, &mut events);
        if done(slot) {
            return events;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("it never happened: {slot:?}");
}

#[test]
fn slot_is_abandoned_after_three_failed_starts() {
    let spawn_context = spawn_context("/bin/false");
    let mut slot = WorkerSlot::new(7, Post::ANYWHERE, Source::Signal);
    tick_until(&mut slot, &spawn_context, WorkerSlot::is_abandoned);
    assert_eq!(slot.failed_starts, MAX_FAILED_STARTS);
    let failure = slot.take_failure().unwrap().to_string();
    assert!(failure.starts_with("worker 7 (process "), "{failure}");
    let why = "did not start: it had not come to life when it exited with status 1";
    assert!(failure.ends_with(why), "{failure}");
}

#[test]
fn worker_that_never_becomes_ready_is_given_up() {
    let spawn_context = spawn_context("/usr/bin/yes");
    let mut slot = WorkerSlot::new(0, Post::ANYWHERE, Source::Signal);
    let mut events = PoolEvents::default();
    let start_ns = now_ns();
    slot.tick(start_ns, &spawn_context, None, &mut events);
    slot.tick(start_ns + START_LIMIT_NS - 1, &spawn_context, None, &mut events);
    assert!(slot.last_failure().is_none());
    slot.tick(start_ns + 2 * START_LIMIT_NS, &spawn_context, None, &mut events);
    let failure = slot.take_failure().unwrap().to_string();
    assert!(failure.ends_with("when it was given up after 5 s"), "{failure}");
    assert_eq!(slot.pid(), None);
}

#[test]
fn slot_is_filled_again_when_its_worker_dies() {
    let spawn_context = spawn_context("/usr/bin/yes");
    let (mut worker, _fake) = fake_worker::worker();
    publish(&mut worker, 1, b"first");
    publish(&mut worker, 2, b"second");
    let killed = worker.process.pid();
    worker.process.kill();
    let mut slot = WorkerSlot::serving_with(worker);
    let events =
        tick_until(&mut slot, &spawn_context, |slot| slot.pid().is_some_and(|pid| pid != killed));
    assert_eq!(events.ended.len(), 1);
    assert_eq!(events.ended[0].completed.ticket.number(), 1);
    assert_eq!(events.ended[0].completed.worker_pid, killed);
    assert_eq!(events.orphans.len(), 1);
    assert_eq!(events.orphans[0].waiting.body, b"second");
}

#[test]
fn completion_counts_when_the_worker_dies_behind_it() {
    let spawn_context = spawn_context("/usr/bin/yes");
    let (mut worker, fake) = fake_worker::worker();
    publish(&mut worker, 1, b"");
    fake.complete(1, fake_worker::honest());
    worker.process.kill();
    let mut slot = WorkerSlot::serving_with(worker);
    let events = tick_until(&mut slot, &spawn_context, |slot| slot.serving().is_none());
    let outcomes: Vec<_> =
        events.ended.iter().map(|ended| ended.completed.outcome.name()).collect();
    assert_eq!(outcomes, ["ok"]);
}
