//! A seat whose workers do not start, and one whose worker dies.

use super::*;
use crate::process::tests::shared_files;
use crate::puppet::{self, publish};
use crate::sys::clock::now_ns;

fn equipment(program: &str) -> Equipment {
    let program = std::fs::read(program).unwrap();
    Equipment { config: NodeConfig::default(), files: shared_files(&program) }
}

/// Turns in a time of its own, a millisecond each, until `done`.
fn turn_until(seat: &mut Seat, equipment: &Equipment, done: impl Fn(&Seat) -> bool) -> News {
    let mut news = News::default();
    let start_ns = now_ns();
    for turn in 0..5_000 {
        seat.turn(start_ns + turn * 1_000_000, equipment, &mut news);
        if done(seat) {
            return news;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("it never happened: {seat:?}");
}

#[test]
fn seat_is_abandoned_after_three_failed_starts() {
    let equipment = equipment("/bin/false");
    let mut seat = Seat::new(7, Post::ANYWHERE);
    turn_until(&mut seat, &equipment, Seat::is_abandoned);
    assert_eq!(seat.failed_starts, MAX_FAILED_STARTS);
    let failure = seat.take_failure().unwrap().to_string();
    assert!(failure.starts_with("worker 7 (process "), "{failure}");
    let why = "did not start: it had not come to life when it exited with status 1";
    assert!(failure.ends_with(why), "{failure}");
}

#[test]
fn worker_that_never_becomes_ready_is_given_up() {
    let equipment = equipment("/usr/bin/yes");
    let mut seat = Seat::new(0, Post::ANYWHERE);
    let mut news = News::default();
    let start_ns = now_ns();
    seat.turn(start_ns, &equipment, &mut news);
    seat.turn(start_ns + START_LIMIT_NS - 1, &equipment, &mut news);
    assert!(seat.last_failure().is_none());
    seat.turn(start_ns + 2 * START_LIMIT_NS, &equipment, &mut news);
    let failure = seat.take_failure().unwrap().to_string();
    assert!(failure.ends_with("when it was given up after 5 s"), "{failure}");
    assert_eq!(seat.pid(), None);
}

#[test]
fn seat_is_filled_again_when_its_worker_dies() {
    let equipment = equipment("/usr/bin/yes");
    let (mut worker, _puppet) = puppet::worker();
    publish(&mut worker, 1, b"first");
    publish(&mut worker, 2, b"second");
    let killed = worker.process.pid();
    worker.process.kill();
    let mut seat = Seat::occupied(worker);
    let news =
        turn_until(&mut seat, &equipment, |seat| seat.pid().is_some_and(|pid| pid != killed));
    assert_eq!(news.ended.len(), 1);
    assert_eq!(news.ended[0].ticket.number(), 1);
    assert_eq!(news.ended[0].worker_pid, killed);
    assert_eq!(news.orphans.len(), 1);
    assert_eq!(news.orphans[0].body, b"second");
}

#[test]
fn completion_counts_when_the_worker_dies_behind_it() {
    let equipment = equipment("/usr/bin/yes");
    let (mut worker, puppet) = puppet::worker();
    publish(&mut worker, 1, b"");
    puppet.complete(1, puppet::honest());
    worker.process.kill();
    let mut seat = Seat::occupied(worker);
    let news = turn_until(&mut seat, &equipment, |seat| seat.serving().is_none());
    let outcomes: Vec<_> = news.ended.iter().map(|ended| ended.outcome.name()).collect();
    assert_eq!(outcomes, ["ok"]);
}
