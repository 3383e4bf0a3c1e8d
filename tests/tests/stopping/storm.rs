//! Stops by breakpoints at random moments change no answer: those that wait until one was met, those that
//! restore at once, so that most traps find nothing, and kills.
//!
//! The counts are small by default; `MOTE_STORM=N` makes N times as many.

use std::time::{Duration, Instant};

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Job, Node, NodeConfig, ServiceId};
use mote_tests::{AMPLE_US, TestNode, assert_tokens_accounted_for, breaking};

/// Breakpoints that stand until one is met, in nanoseconds.
const PATIENT_NS: u64 = if cfg!(debug_assertions) { 50_000 } else { 5_000 };

/// How many times as much as usual.
fn times() -> u64 {
    std::env::var("MOTE_STORM").map_or(1, |times| times.parse().expect("MOTE_STORM is a number"))
}

/// xorshift64: any sequence without a pattern will do.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What is stopped, and what it must answer.
struct Work {
    service: ServiceId,
    body: Vec<u8>,
    answer: Vec<u8>,
}

fn works(node: &mut TestNode) -> Vec<Work> {
    let text: Vec<u8> = (0..200_000_u32)
        .flat_map(|i| [b'a' + (i % 1_000 * (i % 1_000) % 23) as u8, b' '])
        .collect();
    let bodies = [("sha512", vec![9; 1 << 20]), ("wordcount", text), ("turns", b"3000".to_vec())];
    let work = |(name, body): (&str, Vec<u8>)| {
        let ended = node.run_with(name, |job| Job { body: &body, ..job });
        assert_eq!(ended.outcome, Outcome::Ok, "{name}: {ended:?}");
        Work { service: node.service(name), answer: ended.body, body }
    };
    bodies.map(work).into()
}

fn job(work: &Work) -> Job<'_> {
    Job {
        service: work.service,
        body: &work.body,
        mode: Mode::Guarded,
        heap: Heap::General,
        budget_us: AMPLE_US,
        grace_us: AMPLE_US,
        memory_kib: 16 << 10,
    }
}

/// Runs `work` under stops at random moments, a few microseconds apart, and compares its answer.
fn disturbed(node: &mut Node, work: &Work, poison_ns: u64, random: &mut Random) {
    node.submit(job(work)).unwrap();
    loop {
        if let Some(ended) = node.poll() {
            assert_eq!((ended.outcome, ended.late_ns), (Outcome::Ok, None), "{ended:?}");
            assert_eq!(ended.body, work.answer, "{:?}", node.service_name(work.service));
            return;
        }
        let (begun, wait) = (Instant::now(), Duration::from_nanos(random.below(8_000)));
        while begun.elapsed() < wait {}
        node.disturb(0, poison_ns);
    }
}

fn storm(poison_ns: u64, stops: u64) {
    let Some(mut node) = breaking(NodeConfig::default()) else { return };
    let works = works(&mut node);
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let total = |node: &Node| {
        let counts = node.stop_counts();
        counts.met + counts.over + counts.late
    };
    while total(&node) < stops {
        works.iter().for_each(|work| disturbed(&mut node, work, poison_ns, &mut random));
    }
    let (counts, stale) = (node.stop_counts(), node.stale_traps());
    println!("{counts:?}, {stale} stale traps");
    assert!(counts.met + stale > 0, "no breakpoint was met: {counts:?}");
    node.canary(pid);
}

#[test]
fn stops_at_random_moments_change_no_answer() {
    storm(PATIENT_NS, 5_000 * times());
}

#[test]
fn breakpoints_that_are_restored_at_once_change_no_answer() {
    storm(0, 5_000 * times());
}

#[test]
fn kills_at_random_moments_leave_nothing() {
    let Some(mut node) = breaking(NodeConfig::default()) else { return };
    let works = works(&mut node);
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut killed = 0;
    while killed < 500 * times() {
        let work = &works[random.below(works.len() as u64) as usize];
        let mode = [Mode::Guarded, Mode::Inject, Mode::Discard][random.below(3) as usize];
        let budget_us = 1 + random.below(100) as u32;
        let job = Job { mode, budget_us, grace_us: 1 + random.below(300) as u32, ..job(work) };
        let ended = node.invoke(job).unwrap();
        if ended.outcome == Outcome::Ok {
            assert_eq!(ended.body, work.answer);
        } else {
            assert_eq!(ended.outcome, Outcome::OverBudget, "{ended:?}");
            killed += 1;
        }
        assert_eq!(ended.worker_pid, pid, "{ended:?}");
        assert_tokens_accounted_for(&ended);
        if killed % 100 == 0 {
            node.canary(pid);
        }
    }
    println!("{killed} killed: {:?}, {} stale traps", node.stop_counts(), node.stale_traps());
    assert!(node.stop_counts().met > 0, "{:?}", node.stop_counts());
    disturbed(&mut node, &works[0], PATIENT_NS, &mut random);
}
