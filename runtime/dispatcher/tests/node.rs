//! Nodes with real workers, but without services: starting, losing workers, refusing, ending.

use std::path::Path;
use std::time::{Duration, Instant};

use mote_dispatcher::{ConfigError, DeployError, Node, NodeConfig, NodeError, now_ns};
use rustix::process::{Pid, Signal, kill_process};

fn start(workers: usize) -> Node {
    Node::start(&NodeConfig { workers, ..NodeConfig::default() }).unwrap()
}

fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// Ticks the node until `done`.
fn poll_until(node: &mut Node, done: impl Fn(&Node) -> bool) {
    let before = Instant::now();
    while !done(node) {
        assert_eq!(node.poll(), None);
        assert!(before.elapsed() < Duration::from_secs(10), "it never happened");
    }
}

/// The processor time that a process has used, in clock ticks: fields 14 and 15 of proc_pid_stat(5).
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
    fields.skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}

#[test]
fn workers_live_as_long_as_their_node() {
    let node = start(3);
    let pids = node.worker_pids();
    assert_eq!(pids.len(), 3);
    assert!(pids.iter().all(|&pid| is_alive(pid)));
    drop(node);
    assert!(!pids.iter().any(|&pid| is_alive(pid)));
}

#[test]
fn dispatcher_has_a_processor_of_its_own_when_there_are_two() {
    let node = start(3);
    let cpus = node.worker_cpus();
    assert_eq!(cpus.len(), 3);
    for cpu in cpus {
        assert_eq!(cpu.is_some(), node.dispatcher_cpu().is_some());
        assert!(cpu.is_none() || cpu != node.dispatcher_cpu());
    }
}

#[test]
fn idle_worker_is_replaced_when_it_is_killed() {
    let mut node = start(2);
    let before = node.worker_pids();
    kill_process(Pid::from_raw(before[1].cast_signed()).unwrap(), Signal::KILL).unwrap();
    poll_until(&mut node, |node| {
        let now = node.worker_pids();
        now.len() == 2 && now[1] != before[1]
    });
    assert_eq!(node.worker_pids()[0], before[0]);
}

#[test]
fn idle_node_uses_no_processor() {
    let mut node = start(1);
    assert_eq!(node.wait(), None, "nothing is outstanding");
    let pid = node.worker_pids()[0];
    std::thread::sleep(Duration::from_millis(50));
    let before = ticks(pid);
    std::thread::sleep(Duration::from_millis(500));
    assert!(ticks(pid) - before <= 1, "a spinning worker would use 50 ticks");
}

/// The processor time that this thread has used.
fn own_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

#[test]
fn waiting_node_is_woken_replaces_workers_and_uses_no_processor() {
    let mut node = start(1);
    let waker = node.waker();
    waker.wake();
    assert_eq!(node.wait_or_wake(u64::MAX), None, "it was woken before it waited");
    assert_eq!(node.wait_or_wake(now_ns() + 1_000_000), None, "its time is over");
    let (before, first) = (own_time(), node.worker_pids()[0]);
    let woken = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        kill_process(Pid::from_raw(first.cast_signed()).unwrap(), Signal::KILL).unwrap();
        std::thread::sleep(Duration::from_secs(1));
        waker.wake();
    });
    assert_eq!(node.wait_or_wake(u64::MAX), None);
    woken.join().unwrap();
    let used = own_time() - before;
    assert!(used < Duration::from_millis(300), "it used {used:?} of 1100 ms");
    let now = node.worker_pids();
    assert!(now.len() == 1 && now[0] != first, "nobody replaced the worker while it waited");
}

#[test]
fn bytes_that_are_no_image_are_refused_and_the_node_goes_on() {
    let mut node = start(1);
    let refused = node.deploy("noise", b"\x7fELF and nothing else".to_vec()).unwrap_err();
    assert!(matches!(refused, DeployError::Refused { .. }), "{refused}");
    assert!(refused.to_string().starts_with("`noise` is refused: truncated: "), "{refused}");
    assert_eq!(node.poll(), None);
    assert!(is_alive(node.worker_pids()[0]));
}

#[test]
fn configuration_is_refused_before_anything_starts() {
    let refused = Node::start(&NodeConfig { workers: 129, ..NodeConfig::default() }).unwrap_err();
    assert!(
        matches!(refused, NodeError::Config(ConfigError { field: "workers", found: 129, .. })),
        "{refused}"
    );
}
