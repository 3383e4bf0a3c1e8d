//! An invocation, a raise and a discard make no system call but the signal's own return; and an idle
//! node makes none at all.

use std::time::{Duration, Instant};

use mote_abi::outcome::{Cleanup, Mode};
use mote_dispatcher::{BACKSTOP_US, Job, NodeConfig, Source};
use mote_tests::tracer::{Calls, Trace};
use mote_tests::{AMPLE_US, SHORT_US, TestNode};

/// The tracer.
const COUNT_CALLS: &str = env!("CARGO_BIN_EXE_count-calls");

const RT_SIGRETURN: u64 = 15;
const FUTEX: u64 = 202;
const TIMER_SETTIME: u64 = 223;

/// A node whose worker does not sleep while the test looks, with `names` placed.
fn awake_node(names: &[&str], source: Source) -> (TestNode, u32) {
    let config = NodeConfig { spin_us: 60_000_000, source, ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    for name in names {
        let service = node.service(name);
        node.place(service).unwrap();
    }
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    (node, pid)
}

/// Services that end by themselves, soon.
const TAME: [&str; 4] = ["hello", "wordcount", "panics", "counter"];

fn run_tame(node: &mut TestNode, times: u32) {
    for _ in 0..times {
        for name in TAME {
            node.run(name, Mode::Guarded, AMPLE_US);
        }
    }
}

/// Signals handled, and every other call.
fn split(mut calls: Calls) -> (u64, Calls) {
    let returns = calls.remove(&RT_SIGRETURN).unwrap_or(0);
    (returns, calls)
}

#[test]
fn invocation_makes_no_system_call() {
    let (mut node, pid) = awake_node(&TAME, Source::Signal);
    let begun = Instant::now();
    let trace = Trace::begin(COUNT_CALLS, pid);
    run_tame(&mut node, 100);
    let (returns, others) = split(trace.end());
    assert_eq!(others, Calls::new());
    // The backstop's timer is the only one to interrupt them.
    let expiries = begun.elapsed().as_micros() / u128::from(BACKSTOP_US) + 1;
    assert!(u128::from(returns) <= expiries, "{returns} signals where {expiries} were due at most");
}

#[test]
fn one_shot_source_makes_one_call_for_each_invocation() {
    let (mut node, pid) = awake_node(&TAME, Source::OneShot);
    let trace = Trace::begin(COUNT_CALLS, pid);
    run_tame(&mut node, 10);
    let (returns, others) = split(trace.end());
    assert_eq!(others, Calls::from([(TIMER_SETTIME, 40)]));
    assert_eq!(returns, 0, "nothing was over its budget");
}

#[test]
fn periodic_source_makes_no_call_but_its_signals_returns() {
    let (mut node, pid) = awake_node(&TAME, Source::Periodic { quantum_us: 1000 });
    let trace = Trace::begin(COUNT_CALLS, pid);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(50) {
        run_tame(&mut node, 1);
    }
    let (returns, others) = split(trace.end());
    assert_eq!(others, Calls::new());
    assert!(returns > 0, "the timer did not run");
}

#[test]
fn raise_and_discard_make_no_system_call_but_the_signals_return() {
    let runaways = ["spin", "alloc_spin", "guard_spin"];
    let (mut node, pid) = awake_node(&runaways, Source::Signal);
    let trace = Trace::begin(COUNT_CALLS, pid);
    let mut unwound = 0;
    for name in runaways {
        for mode in [Mode::Guarded, Mode::Inject, Mode::Discard] {
            let budget_us = SHORT_US;
            let grace_us = if mode == Mode::Guarded { 20 * SHORT_US } else { AMPLE_US };
            let completed = node.run_with(name, |job| Job { mode, budget_us, grace_us, ..job });
            unwound += u32::from(completed.cleanup == Cleanup::Unwound);
        }
    }
    let (returns, others) = split(trace.end());
    assert!(returns >= 9, "{returns} signals for nine runaways");
    assert!(unwound >= 3, "{unwound} of nine were raised");
    assert_eq!(others, Calls::new());
}

#[test]
fn idle_worker_sleeps_on_its_futex_and_wakes_for_work() {
    let mut node = TestNode::start(&NodeConfig { spin_us: 100, ..NodeConfig::default() });
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    std::thread::sleep(Duration::from_millis(100));
    let trace = Trace::begin(COUNT_CALLS, pid);
    std::thread::sleep(Duration::from_millis(200));
    let slept = cpu_ticks(pid);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(cpu_ticks(pid), slept, "an idle worker used the processor");
    node.canary(pid);
    let calls = trace.end();
    assert!(calls.get(&FUTEX).is_some_and(|&waits| waits >= 1), "{calls:?}");
}

/// User and system time of a process, in clock ticks: proc_pid_stat(5), fields 14 and 15.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
