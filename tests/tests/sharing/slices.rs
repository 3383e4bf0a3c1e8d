//! Invocations that take turns on one worker: short ones overtake a long one, and the long one finds
//! everything as it left it. Told by outcomes, counts and order.

use std::time::{Duration, Instant};

use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, MIN_SLICE_US, NodeConfig, ServiceId, Source, Ticket};
use mote_tests::signals::send;
use mote_tests::{AMPLE_US, SHORT_US, TestNode, assert_tokens_accounted_for, breaking};

const MODES: [Mode; 3] = [Mode::Guarded, Mode::Inject, Mode::Discard];

const SOURCES: [Source; 4] =
    [Source::Breakpoint, Source::Signal, Source::Periodic { quantum_us: 50 }, Source::OneShot];

/// The shortest slice. Without optimisation, going on alone takes longer than that.
const SHORTEST_US: u32 = if cfg!(debug_assertions) { 30 } else { MIN_SLICE_US };

fn sliced(slice_us: u32) -> NodeConfig {
    NodeConfig { slice_us: Some(slice_us), ..NodeConfig::default() }
}

fn job(service: ServiceId, body: &[u8]) -> Job<'_> {
    Job {
        service,
        body,
        mode: Mode::Guarded,
        heap: Heap::Bump,
        budget_us: AMPLE_US,
        grace_us: AMPLE_US,
        memory_kib: 4096,
    }
}

fn assert_done(ended: &Completed) {
    assert_eq!((ended.outcome, ended.cleanup), (Outcome::Ok, Cleanup::Returned), "{ended:?}");
    assert_eq!((&ended.body[..], &ended.log[..]), (&b"done"[..], "begun\ndone\n"), "{ended:?}");
    assert_eq!(ended.late_ns, None, "{ended:?}");
    assert_eq!((ended.tokens.reclaimed, ended.tokens.double_released), (0, 0), "{ended:?}");
}

/// Starts a long job, then short ones one after the other until the long one has ended or `most` have.
/// The long one, if it has, and how many short ones ended before.
fn overtaken(node: &mut TestNode, long: Ticket, short: Job<'_>, most: usize) -> (Completed, usize) {
    for overtaken in 0..most {
        let ticket = node.submit(short).unwrap();
        loop {
            let ended = node.wait().unwrap();
            if ended.ticket == long {
                while node.wait().is_some() {}
                return (ended, overtaken);
            }
            assert_eq!(ended.outcome, Outcome::Ok, "{ended:?}");
            if ended.ticket == ticket {
                break;
            }
        }
    }
    (node.wait().unwrap(), most)
}

/// Starts a job like `long` again until one was paused and overtaken: a busy machine may keep the
/// dispatcher away for as long as a job takes. Every one of them must end as `check` says.
fn until_overtaken(node: &mut TestNode, long: Job<'_>, check: impl Fn(&Completed)) {
    let hello = node.service("hello");
    let was_overtaken = (0..100).any(|_| {
        let ticket = node.submit(long).unwrap();
        let (ended, overtaken) = overtaken(node, ticket, job(hello, b"world"), 1_000_000);
        check(&ended);
        ended.pauses > 0 && overtaken > 0
    });
    assert!(was_overtaken, "no short one finished before a long one");
}

#[test]
fn long_service_and_a_stream_of_short_ones_share_a_worker_and_all_finish() {
    for source in SOURCES {
        let mut node = TestNode::start(&NodeConfig { source, ..sliced(100) });
        let turns = node.service("turns");
        let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
        until_overtaken(&mut node, job(turns, b"5000"), |ended| {
            assert_done(ended);
            assert_eq!(ended.worker_pid, pid, "{source:?}");
            assert!(ended.pauses <= AMPLE_US / 100, "{source:?}: {ended:?}");
        });
        node.canary(pid);
    }
}

#[test]
fn long_services_take_turns_and_keep_what_is_theirs() {
    for heap in [Heap::Bump, Heap::General] {
        let mut node = TestNode::start(&sliced(50));
        let turns = node.service("turns");
        let bodies = ["2000", "1900", "1800", "1700", "1600"];
        let took_turns = (0..100).any(|_| {
            for body in bodies {
                node.submit(Job { heap, ..job(turns, body.as_bytes()) }).unwrap();
            }
            let ended: Vec<_> = std::iter::from_fn(|| node.wait()).collect();
            assert_eq!(ended.len(), bodies.len());
            ended.iter().for_each(assert_done);
            ended.iter().filter(|ended| ended.pauses > 0).count() >= 4
        });
        assert!(took_turns, "{heap}: four of five were never paused");
        let pid = node.worker_pids()[0];
        node.canary(pid);
    }
}

#[test]
fn shortest_slices_change_no_answer() {
    let Some(mut node) = breaking(sliced(SHORTEST_US)) else { return };
    let turns = node.service("turns");
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    until_overtaken(&mut node, job(turns, b"3000"), assert_done);
    node.canary(pid);
}

#[test]
fn nobody_is_paused_while_nobody_waits() {
    for source in SOURCES {
        let mut node = TestNode::start(&NodeConfig { source, ..sliced(50) });
        let turns = node.service("turns");
        let ended = node.invoke(job(turns, b"3000")).unwrap();
        assert_done(&ended);
        assert_eq!(ended.pauses, 0, "{source:?}: {ended:?}");
    }
}

#[test]
fn nobody_is_paused_without_slices() {
    let mut node = TestNode::default();
    let (turns, hello) = (node.service("turns"), node.service("hello"));
    let long = node.submit(job(turns, b"3000")).unwrap();
    node.submit(job(hello, b"world")).unwrap();
    let ended = node.wait().unwrap();
    assert_eq!((ended.ticket, ended.pauses), (long, 0));
}

#[test]
fn budget_is_what_all_slices_have_together() {
    let expected = [(Cleanup::Discarded, 3), (Cleanup::Unwound, 0), (Cleanup::Discarded, 3)];
    for source in SOURCES {
        let mut node = TestNode::start(&NodeConfig { source, ..sliced(100) });
        let spins = node.service("guard_spin");
        let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
        for (mode, (cleanup, reclaimed)) in MODES.into_iter().zip(expected) {
            let grace_us = if mode == Mode::Inject { AMPLE_US } else { SHORT_US };
            let runaway = Job { mode, budget_us: SHORT_US, grace_us, ..job(spins, b"world") };
            until_overtaken(&mut node, runaway, |ended| {
                assert_eq!((ended.outcome, ended.cleanup), (Outcome::OverBudget, cleanup));
                assert_eq!(ended.tokens.reclaimed, reclaimed, "{source:?} {mode}: {ended:?}");
                assert!(ended.late_ns.is_some(), "{ended:?}");
                assert!(ended.pauses <= SHORT_US / 100, "{source:?} {mode}: {ended:?}");
                assert!(ended.total_ns >= u64::from(SHORT_US) * 1000, "its budget is not spent");
                assert_tokens_accounted_for(ended);
            });
            node.canary(pid);
        }
    }
}

#[test]
fn allocating_runaway_is_unwound_after_its_last_slice() {
    let mut node = TestNode::start(&sliced(100));
    let spins = node.service("alloc_spin");
    let runaway = Job { budget_us: SHORT_US, ..job(spins, b"world") };
    until_overtaken(&mut node, runaway, |ended| {
        assert_eq!((ended.outcome, ended.cleanup), (Outcome::OverBudget, Cleanup::Unwound));
        assert_eq!((ended.tokens.created, ended.tokens.released), (4, 4), "{ended:?}");
    });
    let pid = node.worker_pids()[0];
    node.canary(pid);
}

#[test]
fn more_than_the_stack_slots_hold_run_to_their_end() {
    let mut node = TestNode::start(&NodeConfig { stack_slots: 2, depth: 8, ..sliced(50) });
    let turns = node.service("turns");
    let was_paused = (0..100).any(|_| {
        for _ in 0..6 {
            node.submit(job(turns, b"1000")).unwrap();
        }
        let ended: Vec<_> = std::iter::from_fn(|| node.wait()).collect();
        assert_eq!(ended.len(), 6);
        ended.iter().for_each(assert_done);
        ended.iter().any(|ended| ended.pauses > 0)
    });
    assert!(was_paused);
    let pid = node.worker_pids()[0];
    node.canary(pid);
}

#[test]
fn paused_job_is_lost_with_its_worker() {
    let mut node = TestNode::start(&NodeConfig { depth: 1, ..sliced(100) });
    let (spins, hello) = (node.service("guard_spin"), node.service("hello"));
    let pid = node.worker_pids()[0];
    let budget_us = AMPLE_US;
    let first = node.submit(Job { budget_us, ..job(spins, b"one") }).unwrap();
    let second = node.submit(Job { budget_us, ..job(spins, b"two") }).unwrap();
    // They take turns until the worker dies.
    let killer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        send(pid, 9);
    });
    let mut lost: Vec<_> = (0..2).map(|_| node.wait().unwrap()).collect();
    killer.join().unwrap();
    lost.sort_by_key(|lost| lost.ticket);
    assert_eq!([lost[0].ticket, lost[1].ticket], [first, second]);
    for lost in &lost {
        assert_eq!((lost.outcome, lost.worker_pid), (Outcome::WorkerLost, pid), "{lost:?}");
        assert!(lost.latency_ns.is_some() && lost.error.is_some(), "{lost:?}");
    }
    assert!(lost.iter().any(|lost| lost.pauses > 0), "{lost:?}");
    assert!(node.wait().is_none());
    let next = node.invoke(job(hello, b"world")).unwrap();
    assert_eq!(next.body, b"Hello, world!");
    assert_ne!(next.worker_pid, pid);
}

/// Two long jobs take turns for a while; then nothing comes from the dispatcher, neither signals nor
/// requests to resume one. What both ended as.
fn left_alone(node: &mut TestNode) -> Vec<Completed> {
    let turns = node.service("turns");
    for _ in 0..2 {
        node.submit(job(turns, b"20000")).unwrap();
    }
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(3) {
        assert!(node.poll().is_none(), "a job of 20 ms has ended after 3");
    }
    std::thread::sleep(Duration::from_millis(300));
    std::iter::from_fn(|| node.wait()).collect()
}

#[test]
fn paused_job_is_not_lost_while_the_dispatcher_is_away() {
    for source in SOURCES {
        let mut node = TestNode::start(&NodeConfig { source, ..sliced(100) });
        // A busy machine may keep the dispatcher away before anybody is paused.
        let were_paused = (0..20).any(|_| {
            let ended = left_alone(&mut node);
            assert_eq!(ended.len(), 2, "{source:?}");
            ended.iter().for_each(assert_done);
            ended.iter().all(|ended| ended.pauses > 0)
        });
        assert!(were_paused, "{source:?}: no two jobs took turns");
    }
}

#[test]
fn service_is_not_evicted_while_a_job_of_it_is_paused() {
    let mut node = TestNode::start(&sliced(100));
    let (spins, hello) = (node.service("guard_spin"), node.service("hello"));
    let long =
        node.submit(Job { mode: Mode::Discard, budget_us: 100_000, ..job(spins, b"") }).unwrap();
    loop {
        if node.submit(job(hello, b"world")).is_ok() && node.wait().unwrap().ticket == long {
            break;
        }
        assert!(node.evict(spins).is_err());
    }
    while node.wait().is_some() {}
    node.evict(spins).unwrap();
}

#[test]
fn workers_share_a_load_of_short_and_long_jobs() {
    let mut node = TestNode::start(&NodeConfig { workers: 2, ..sliced(50) });
    let (turns, hello) = (node.service("turns"), node.service("hello"));
    let was_paused = (0..100).any(|_| {
        let tickets: Vec<_> = (0..40)
            .map(|number| {
                let next = if number % 5 == 0 { job(turns, b"1500") } else { job(hello, b"world") };
                node.submit(next).unwrap()
            })
            .collect();
        let mut ended: Vec<_> = std::iter::from_fn(|| node.wait()).collect();
        ended.sort_by_key(|ended| ended.ticket);
        assert_eq!(ended.iter().map(|ended| ended.ticket).collect::<Vec<_>>(), tickets);
        for ended in &ended {
            match ended.service == turns {
                true => assert_done(ended),
                false => assert_eq!(ended.body, b"Hello, world!", "{ended:?}"),
            }
        }
        ended.iter().any(|ended| ended.pauses > 0)
    });
    assert!(was_paused, "no long one was ever paused");
}
