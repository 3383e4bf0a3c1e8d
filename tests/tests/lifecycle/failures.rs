//! Workers that are killed and stopped under load: each request has one answer, and only what ran is lost. A SIGSEGV
//! that somebody sent is no fault of the worker's, which goes on.

use std::collections::BTreeSet;

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, JobOptions, JobState, NodeConfig, ServiceId, Ticket};
use mote_tests::signals::send;
use mote_tests::{AMPLE_US, SHORT_US, TestNode};

const SIGKILL: i32 = 9;
const SIGSEGV: i32 = 11;
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

/// Every answer, while a worker gets `signal` after each tenth of the first hundreds.
fn answers_under(signal: i32, deaths: usize, node: &mut TestNode) -> Vec<Completed> {
    let mut ended = Vec::new();
    while let Some(completed) = node.wait() {
        ended.push(completed);
        if ended.len() % 10 == 0 && ended.len() / 10 <= deaths {
            node.worker_pids().into_iter().take(1).for_each(|pid| send(pid, signal));
        }
    }
    ended
}

#[test]
fn every_request_has_one_answer_whatever_its_workers_die_of() {
    for (signal, deaths) in [(SIGKILL, 20), (SIGSEGV, 20), (SIGSTOP, 2)] {
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
            let ended = answers_under(signal, deaths, &mut node);
            assert_eq!(ended.len(), 400, "signal {signal}");
            let answered: BTreeSet<Ticket> = ended.iter().map(|ended| ended.ticket).collect();
            assert_eq!(answered, tickets, "signal {signal}");
            let lost = ended.iter().filter(|ended| ended.outcome == Outcome::WorkerLost).count();
            // A worker that dies takes what it ran, and what was paused on it.
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
