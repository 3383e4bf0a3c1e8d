//! Workers that are killed and stopped under load: each request has one answer, and only what ran is lost. A SIGSEGV
//! that somebody sent is no fault of the worker's, which goes on.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, JobOptions, JobState, NodeConfig, ServiceId, Ticket};
use mote_tests::signals::send;
use mote_tests::{AMPLE_US, SHORT_US, TestNode};

const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;
const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;

fn job(service: ServiceId, mode: Mode, budget_us: u32) -> Job<'static> {
    let (heap, grace_us, memory_kib) = (Heap::Bump, SHORT_US, 4096);
    Job { service, body: b"world", mode, heap, budget_us, grace_us, memory_kib }
}

/// Submits a job of the service `spin`, which may run twice.
fn submit_idempotent(node: &mut TestNode, budget_us: u32) -> Ticket {
    let spin = node.service("spin");
    let options = JobOptions { is_idempotent: true, ..JobOptions::default() };
    node.submit_with(job(spin, Mode::Discard, budget_us), options).unwrap()
}

/// Every answer, while a worker gets `signal` after each tenth of the first hundreds. One that is stopped goes on soon.
fn answers_under(signal: i32, times: usize, node: &mut TestNode) -> Vec<Completed> {
    let mut ended = Vec::new();
    std::thread::scope(|scope| {
        while let Some(completed) = node.wait() {
            ended.push(completed);
            if ended.len() % 10 != 0 || ended.len() / 10 > times {
                continue;
            }
            let Some(&pid) = node.worker_pids().first() else { continue };
            send(pid, signal);
            if signal == SIGSTOP {
                scope.spawn(move || {
                    sleep(Duration::from_millis(5));
                    send(pid, SIGCONT);
                });
            }
        }
    });
    ended
}

#[test]
fn every_request_has_one_answer_whatever_its_workers_die_of() {
    for (signal, times) in [(SIGKILL, 20), (SIGSEGV, 20), (SIGSTOP, 20)] {
        for slice_us in [None, Some(200)] {
            let config = NodeConfig { workers: 2, depth: 4, slice_us, ..NodeConfig::default() };
            let mut node = TestNode::start(&config);
            let (hello, spin) = (node.service("hello"), node.service("spin"));
            let tickets: BTreeSet<Ticket> = (0..400)
                .map(|number| {
                    let is_long = number % 8 == 0;
                    let next = if is_long {
                        job(spin, Mode::Discard, SHORT_US)
                    } else {
                        job(hello, Mode::Guarded, AMPLE_US)
                    };
                    node.submit(next).unwrap()
                })
                .collect();
            let ended = answers_under(signal, times, &mut node);
            assert_eq!(ended.len(), 400, "signal {signal}");
            let answered: BTreeSet<Ticket> = ended.iter().map(|ended| ended.ticket).collect();
            assert_eq!(answered, tickets, "signal {signal}");
            let lost = ended.iter().filter(|ended| ended.outcome == Outcome::WorkerLost).count();
            // A worker that dies takes what it ran, and what was paused on it.
            let deaths = if signal == SIGKILL { times } else { 0 };
            let most = deaths * if slice_us.is_some() { config.stack_slots + 4 } else { 1 };
            assert!(lost <= most, "signal {signal}: {lost} were lost by {deaths} deaths");
            for ended in ended {
                let expected =
                    if ended.service == spin { Outcome::OverBudget } else { Outcome::Ok };
                assert!([expected, Outcome::WorkerLost].contains(&ended.outcome), "{ended:?}");
            }
            assert_eq!((node.under_way(), node.refused_steps()), (0, 0));
        }
    }
}

#[test]
fn idempotent_request_is_run_once_more_when_its_worker_is_lost() {
    let mut node = TestNode::start(&NodeConfig { depth: 1, ..NodeConfig::default() });
    let ticket = submit_idempotent(&mut node, 200_000);
    let waiting = submit_idempotent(&mut node, SHORT_US);
    assert_eq!(node.job_state(waiting), Some(JobState::Queued));
    let started = Some(JobState::Started { worker: 0 });
    let lose_worker = |node: &mut TestNode| {
        while node.job_state(ticket) != started {
            assert_eq!(node.poll(), None);
        }
        send(node.worker_pids()[0], SIGKILL);
    };
    lose_worker(&mut node);
    while node.job_state(ticket) == started {
        assert_eq!(node.poll(), None);
    }
    let mut ended: Vec<Completed> = std::iter::from_fn(|| node.wait()).collect();
    assert_eq!(ended.len(), 2);
    assert!(ended.iter().all(|ended| ended.outcome == Outcome::OverBudget), "{ended:?}");
    assert_eq!(ended[0].ticket, ticket, "it went before what had waited behind it");

    // Once more, and not again and again.
    let again = submit_idempotent(&mut node, AMPLE_US);
    for _ in 0..2 {
        while !matches!(node.job_state(again), Some(JobState::Started { .. })) {
            assert_eq!(node.poll(), None);
        }
        let pid = node.worker_pids()[0];
        send(pid, SIGKILL);
        while node.worker_pids().first() == Some(&pid) {
            ended.extend(node.poll());
        }
    }
    ended.extend(node.wait());
    let last = ended.last().unwrap();
    assert_eq!((last.ticket, last.outcome), (again, Outcome::WorkerLost));
}

/// Submits a job, and stops the worker while it runs.
fn stop_while_running(node: &mut TestNode) -> (Ticket, u32) {
    let spin = node.service("spin");
    let ticket = node.submit(job(spin, Mode::Discard, 50_000)).unwrap();
    while !matches!(node.job_state(ticket), Some(JobState::Started { .. })) {
        assert_eq!(node.poll(), None);
    }
    let pid = node.worker_pids()[0];
    send(pid, SIGSTOP);
    (ticket, pid)
}

#[test]
fn worker_that_was_stopped_far_beyond_its_deadlines_is_not_lost() {
    let mut node = TestNode::default();
    let (ticket, pid) = stop_while_running(&mut node);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            sleep(Duration::from_secs(3));
            send(pid, SIGCONT);
        });
        let ended = node.wait().unwrap();
        assert_eq!((ended.ticket, ended.outcome), (ticket, Outcome::OverBudget), "{ended:?}");
    });
    node.canary(pid);
}

#[test]
fn worker_that_stays_stopped_is_replaced_and_what_it_ran_is_not_to_blame() {
    let mut node = TestNode::start(&NodeConfig { ban_after: Some(1), ..NodeConfig::default() });
    let (ticket, pid) = stop_while_running(&mut node);
    let spin = node.service("spin");
    let behind = node.submit(job(spin, Mode::Discard, SHORT_US)).unwrap();
    let ended: Vec<Completed> = std::iter::from_fn(|| node.wait()).collect();
    let outcomes: Vec<_> = ended.iter().map(|ended| (ended.ticket, ended.outcome)).collect();
    let expected = [(ticket, Outcome::WorkerLost), (behind, Outcome::OverBudget)];
    assert_eq!(outcomes, expected, "{ended:?}");
    assert!(
        ended[0].error.as_ref().unwrap().ends_with("had no processor time for 10 s"),
        "{ended:?}"
    );
    assert!(!node.worker_pids().contains(&pid));
    assert_eq!(node.service_statistics(spin).unwrap().ban, None);
}

/// From the death of a worker to its successor's first answer, 40 times: what of that is the node's shows in the output.
#[test]
fn worker_is_replaced_at_once_by_a_ready_spare() {
    let mut node = TestNode::start(&NodeConfig { spares: Some(1), ..NodeConfig::default() });
    let hello = node.service("hello");
    let mut took_us: Vec<u128> = (0..40)
        .map(|_| {
            while node.ready_spares() < 1 {
                assert_eq!(node.poll(), None);
            }
            let before = node.worker_pids();
            let killed = Instant::now();
            send(before[0], SIGKILL);
            while node.worker_pids().is_empty() || node.worker_pids() == before {
                assert_eq!(node.poll(), None);
            }
            let served = node.invoke(job(hello, Mode::Guarded, AMPLE_US)).unwrap();
            assert_eq!(
                (served.outcome, vec![served.worker_pid]),
                (Outcome::Ok, node.worker_pids())
            );
            killed.elapsed().as_micros()
        })
        .collect();
    took_us.sort_unstable();
    println!(
        "from the kill to the next answer: {} us at p50, {} at most",
        took_us[20], took_us[39]
    );
}
