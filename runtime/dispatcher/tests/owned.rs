//! Nodes that own their threads, with real workers, but without services.

use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use mote_dispatcher::{Handle, NodeConfig, NodeError, NodeStatistics, NodeThread};
use rustix::process::{Pid, Signal, kill_process};

/// Asks the node's thread for something, and waits for the answer.
fn ask<T: Send + 'static>(command: impl FnOnce(mpsc::SyncSender<T>)) -> T {
    let (to, answer) = mpsc::sync_channel(1);
    command(to);
    answer.recv_timeout(Duration::from_secs(20)).expect("every command is answered")
}

fn statistics(node: &Handle) -> Option<NodeStatistics> {
    ask(|to| node.statistics(move |told| to.send(told).unwrap()))
}

/// The processor time that the node's thread has used.
fn time_used(node: &Handle) -> Duration {
    let own_time = || std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let text = ask(|to| node.statistics(move |_| to.send(own_time()).unwrap()));
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

/// The worker processes.
fn workers(node: &Handle) -> Vec<u32> {
    statistics(node).unwrap().worker_pids
}

#[test]
fn idle_thread_replaces_workers_by_itself_and_costs_no_processor() {
    let node = NodeThread::start(NodeConfig::default()).unwrap();
    let handle = node.handle();
    let first = workers(&handle);
    assert_eq!(first.len(), 1);
    kill_process(Pid::from_raw(first[0].cast_signed()).unwrap(), Signal::KILL).unwrap();
    // Nobody commands anything meanwhile.
    std::thread::sleep(Duration::from_secs(1));
    let next = workers(&handle);
    assert!(next.len() == 1 && next != first, "nobody replaced the worker");
    std::thread::sleep(Duration::from_millis(100));
    let before = time_used(&handle);
    std::thread::sleep(Duration::from_secs(1));
    let used = time_used(&handle) - before;
    assert!(used < Duration::from_millis(50), "it used {used:?} of an idle second");
    let told = statistics(&handle).unwrap();
    assert!(told.longest_tick_ns > 0 && told.under_way() == 0, "{told:?}");
}

#[test]
fn thread_ends_with_its_owner_and_whoever_asks_then_is_told() {
    let node = NodeThread::start(NodeConfig { workers: 2, ..NodeConfig::default() }).unwrap();
    let handle = node.handle();
    let pids = workers(&handle);
    assert_eq!(pids.len(), 2);
    node.drain();
    assert!(pids.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists()));
    assert_eq!(statistics(&handle), None);
    ask(|to| handle.drain(move || to.send(()).unwrap()));
}

#[test]
fn node_that_does_not_start_says_why() {
    let config = NodeConfig { workers: 0, ..NodeConfig::default() };
    let refused = NodeThread::start(config).unwrap_err();
    assert!(matches!(refused, NodeError::Config(_)), "{refused}");
}
