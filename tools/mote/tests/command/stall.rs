//! A dispatcher that stands still does not keep its worker from stopping a runaway.

use std::io::Read as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{command, service};

/// How long something may take that needs no time: a machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends with the test, also when it stands still and the test fails.
struct Runaway(Child);

impl Drop for Runaway {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `mote run` of `spin`, which ends only by its budget.
fn start_runaway(source: &str) -> Runaway {
    let arguments = ["--mode", "discard", "--json", "--budget-us", "1000000", "--source", source];
    let mut command = command(&[&["run", &service("spin")][..], &arguments].concat());
    Runaway(command.stdout(Stdio::piped()).spawn().expect("it starts"))
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The letter of a process's state: proc_pid_stat(5), field 3.
fn state(pid: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap_or('?')
}

/// The worker process among the children of `pid`, once it is one.
fn worker_of(pid: u32) -> Option<u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = std::fs::read_to_string(path).unwrap_or_default();
    let mut children = children.split_whitespace().filter_map(|child| child.parse().ok());
    children.find(|child: &u32| {
        let name = std::fs::read_to_string(format!("/proc/{child}/comm"));
        name.is_ok_and(|name| name == "mote-worker\n")
    })
}

/// User and system time of a process, in clock ticks: proc_pid_stat(5), fields 14 and 15. Both,
/// because a periodic timer may keep a service in the kernel whenever a tick looks.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.cast_signed()).expect("a process");
    kill_process(pid, signal).expect("a child of this test");
}

#[test]
fn runaway_dies_while_its_dispatcher_is_stopped() {
    let _alone = crate::support::alone();
    for source in ["breakpoint", "signal", "periodic", "one-shot"] {
        let mut dispatcher = start_runaway(source);
        let pid = dispatcher.0.id();
        // A worker that has nothing to do sleeps after a millisecond; the service never does.
        wait_until("a worker in the service", || {
            worker_of(pid).is_some_and(|worker| state(worker) == 'R' && cpu_ticks(worker) >= 3)
        });
        send(pid, Signal::STOP);
        wait_until("a dispatcher that stands still", || state(pid) == 'T');
        let worker = worker_of(pid).expect("it runs");
        wait_until("a worker that sleeps", || state(worker) == 'S');
        assert_eq!(state(pid), 'T', "{source}: the dispatcher went on by itself");
        send(pid, Signal::CONT);
        let mut said = String::new();
        dispatcher.0.stdout.take().expect("piped").read_to_string(&mut said).expect("text");
        assert_eq!(dispatcher.0.wait().expect("waited for once").code(), Some(13), "{said}");
        assert!(said.contains(r#""outcome":"over_budget","cleanup":"discarded""#), "{said}");
    }
}
