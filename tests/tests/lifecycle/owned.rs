//! A node that owns its thread: many clients at once, limits, and what is answered when it ends.

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{
    Change, ChangeError, Completed, Handle, Job, NodeConfig, NodeStatistics, NodeThread, ServiceId,
    SubmitError, TenantId, Ticket, VerifiedImage,
};
use mote_tests::signals::send;
use mote_tests::{AMPLE_US, SHORT_US, image, turn};

type JobResult = Result<Completed, SubmitError>;

/// So long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn job(service: ServiceId, mode: Mode, budget_us: u32) -> Job<'static> {
    let (heap, grace_us, memory_kib) = (Heap::Bump, SHORT_US, 4096);
    Job { service, body: b"world", mode, heap, budget_us, grace_us, memory_kib }
}

fn change(node: &Handle, change: Change) -> Result<ServiceId, ChangeError> {
    let (to, answer) = mpsc::sync_channel(1);
    node.change(change, move |result| to.send(result).unwrap());
    answer.recv_timeout(PATIENCE).expect("every change is answered")
}

fn install(node: &Handle, name: &str) -> ServiceId {
    let image = VerifiedImage::new(name, &image(name)).unwrap();
    let name = name.to_owned();
    change(node, Change::Install { name, tenant: TenantId::default(), image }).unwrap()
}

fn submit(node: &Handle, job: Job<'_>) -> Receiver<JobResult> {
    let (to, answer) = mpsc::channel();
    // Nobody may wait for it any more.
    node.submit(job.into(), move |result| drop(to.send(result)));
    answer
}

/// The one answer. That there was no other shows in the channel's end.
fn only(answer: &Receiver<JobResult>) -> JobResult {
    let result = answer.recv_timeout(PATIENCE).expect("every job is answered");
    assert_eq!(answer.recv_timeout(PATIENCE).ok().map(|_| ()), None, "answered twice");
    result
}

fn statistics(node: &Handle) -> NodeStatistics {
    let (to, answer) = mpsc::sync_channel(1);
    node.statistics(move |told| to.send(told).unwrap());
    answer.recv_timeout(PATIENCE).expect("every question is answered").expect("it has not ended")
}

#[test]
fn clients_on_many_threads_are_answered_once_each_while_workers_die() {
    let _turn = turn();
    let config = NodeConfig { workers: 2, queue_limit: 10_000, ..NodeConfig::default() };
    let node = NodeThread::start(config).unwrap();
    let handle = node.handle();
    let hello = install(&handle, "hello");
    let answers: Arc<Mutex<Vec<(Ticket, bool)>>> = Arc::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (handle, answers) = (handle.clone(), Arc::clone(&answers));
            scope.spawn(move || {
                for _ in 0..500 {
                    let answers = Arc::clone(&answers);
                    handle.submit(job(hello, Mode::Guarded, AMPLE_US).into(), move |result| {
                        let ended = result.unwrap();
                        let is_lost = ended.outcome == Outcome::WorkerLost;
                        assert!(is_lost || ended.body == b"Hello, world!", "{ended:?}");
                        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                        answers.push((ended.ticket, is_lost));
                    });
                }
            });
        }
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(2));
            // On the node's thread: while that is here, it reaps nobody.
            handle
                .statistics(|told| told.into_iter().for_each(|told| send(told.worker_pids[0], 9)));
        }
    });
    node.drain();
    let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let lost = answers.iter().filter(|(_, is_lost)| *is_lost).count();
    assert!(lost <= 5, "each worker that dies loses at most the job that it ran, and lost {lost}");
    assert_eq!(answers.len(), 2000);
    answers.sort_unstable();
    answers.dedup_by_key(|(ticket, _)| *ticket);
    assert_eq!(answers.len(), 2000, "a ticket was answered twice");
}

#[test]
fn deadlines_hold_while_nobody_calls() {
    let _turn = turn();
    let node = NodeThread::start(NodeConfig::default()).unwrap();
    let handle = node.handle();
    let spin = install(&handle, "spin");
    let ended = only(&submit(&handle, job(spin, Mode::Discard, SHORT_US))).unwrap();
    assert_eq!(ended.outcome, Outcome::OverBudget, "{ended:?}");
    assert!(ended.late_ns.is_some(), "nothing stopped it: {ended:?}");
}

#[test]
fn job_too_many_is_refused_and_those_before_it_end() {
    let _turn = turn();
    let config = NodeConfig { depth: 1, queue_limit: 2, ..NodeConfig::default() };
    let node = NodeThread::start(config).unwrap();
    let handle = node.handle();
    let spin = install(&handle, "spin");
    let answers: Vec<_> =
        (0..50).map(|_| submit(&handle, job(spin, Mode::Discard, 20_000))).collect();
    let (ended, refused): (Vec<_>, Vec<_>) = answers.iter().map(only).partition(Result::is_ok);
    assert!(ended.len() >= 3, "one runs and two wait");
    for refused in refused.into_iter().map(Result::unwrap_err) {
        let is_full = matches!(
            refused,
            SubmitError::QueueFull { limit: 2 } | SubmitError::MailboxFull { limit: 3 }
        );
        assert!(is_full, "{refused}");
    }
    let told = statistics(&handle);
    assert_eq!((told.accepted, told.answered), (ended.len() as u64, ended.len() as u64));
}

#[test]
fn drain_answers_what_was_accepted_and_refuses_what_comes_later() {
    let _turn = turn();
    let node = NodeThread::start(NodeConfig::default()).unwrap();
    let handle = node.handle();
    let hello = install(&handle, "hello");
    let before: Vec<_> =
        (0..100).map(|_| submit(&handle, job(hello, Mode::Guarded, AMPLE_US))).collect();
    let (to, drained) = mpsc::sync_channel(1);
    handle.drain(move || to.send(()).unwrap());
    let refused = only(&submit(&handle, job(hello, Mode::Guarded, AMPLE_US))).unwrap_err();
    assert!(matches!(refused, SubmitError::Draining), "{refused}");
    drained.recv_timeout(PATIENCE).unwrap();
    let is_ok = |answer: &Receiver<JobResult>| answer.try_recv().unwrap().is_ok();
    assert!(before.iter().all(is_ok), "the drain ended before them");
}

#[test]
fn node_that_is_dropped_answers_everything() {
    let _turn = turn();
    let node = NodeThread::start(NodeConfig::default()).unwrap();
    let handle = node.handle();
    let spin = install(&handle, "spin");
    let answers: Vec<_> =
        (0..100).map(|_| submit(&handle, job(spin, Mode::Discard, AMPLE_US))).collect();
    drop(node);
    let late = submit(&handle, job(spin, Mode::Discard, AMPLE_US));
    for answer in answers.iter().chain([&late]) {
        let gone = only(answer).unwrap_err();
        assert!(matches!(gone, SubmitError::NodeGone), "{gone}");
    }
    let change = change(&handle, Change::Remove { service: spin });
    assert!(matches!(change, Err(ChangeError::NodeGone)), "{change:?}");
}

#[test]
fn services_are_changed_while_jobs_flow() {
    let _turn = turn();
    let node = NodeThread::start(NodeConfig::default()).unwrap();
    let handle = node.handle();
    let service = install(&handle, "hello");
    for round in 0..50 {
        let answers: Vec<_> =
            (0..20).map(|_| submit(&handle, job(service, Mode::Guarded, AMPLE_US))).collect();
        let changed = if round == 0 {
            let image = VerifiedImage::new("hello", &image("counter")).unwrap();
            change(&handle, Change::Replace { service, image })
        } else {
            change(&handle, Change::RollBack { service })
        };
        assert_eq!(changed.unwrap(), service);
        for answer in &answers {
            let ended = only(answer).unwrap();
            assert!(ended.body == b"Hello, world!" || ended.body == b"0", "{ended:?}");
        }
    }
    change(&handle, Change::SetBanned { service, is_banned: true }).unwrap();
    let banned = only(&submit(&handle, job(service, Mode::Guarded, AMPLE_US))).unwrap_err();
    assert!(matches!(banned, SubmitError::Banned { .. }), "{banned}");
    change(&handle, Change::SetBanned { service, is_banned: false }).unwrap();
    change(&handle, Change::Evict { service }).unwrap();
    change(&handle, Change::Place { service }).unwrap();
    assert!(only(&submit(&handle, job(service, Mode::Guarded, AMPLE_US))).is_ok());
    change(&handle, Change::Remove { service }).unwrap();
    let removed = change(&handle, Change::Place { service }).unwrap_err();
    assert!(matches!(removed, ChangeError::Refused(_)), "{removed}");
}
