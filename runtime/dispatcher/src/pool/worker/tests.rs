//! A worker's ring, honest and hostile.

use std::time::Duration;

use mote_abi::outcome::{Cleanup, Outcome};

use super::*;
use crate::config::Source;
use crate::images::services::Start;
use crate::job::completed::Completed;
use crate::job::ids::Ticket;
use crate::pool::fake_worker::{self, honest, publish, request, start};
use crate::pool::outstanding::Orphan;
use crate::pool::worker::oversight::Interruption;
use crate::pool::worker::remains::Remains;
use crate::sys::clock::now_ns;

/// Waits for the end of a worker's process.
fn exit_reason(worker: &mut Worker) -> ExitReason {
    loop {
        if let Some(exit) = worker.exit_reason() {
            return exit;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The next job that ended, if one has.
fn take(worker: &mut Worker) -> Option<Completed> {
    worker.take(now_ns()).map(|ended| ended.completed)
}

/// Resumes the job that goes on next.
fn resume(worker: &mut Worker) {
    worker.next_slice(RING_ENTRIES).unwrap().resume(1);
}

#[test]
fn jobs_end_in_order_when_the_ring_wraps() {
    let (mut worker, fake) = fake_worker::worker();
    let entries = RING_ENTRIES as u64;
    for ticket in 1..=entries {
        publish(&mut worker, ticket, &ticket.to_le_bytes());
    }
    assert_eq!(worker.load(), RING_ENTRIES);
    for sequence in 1..=3 * entries {
        let (_, body) = fake.request(sequence).unwrap();
        fake.respond(sequence, &body, b"seen", honest());
        let completed = take(&mut worker).unwrap();
        assert_eq!(completed.ticket, Ticket(sequence));
        assert_eq!(completed.body, sequence.to_le_bytes());
        assert_eq!((completed.log.as_str(), completed.error), ("seen", None));
        publish(&mut worker, sequence + entries, &(sequence + entries).to_le_bytes());
    }
}

#[test]
fn completion_of_another_invocation_is_not_taken() {
    let (mut worker, fake) = fake_worker::worker();
    publish(&mut worker, 1, b"");
    fake.complete(17, honest());
    assert!(!worker.has_completion());
    assert_eq!(take(&mut worker), None);
    fake.complete(1, honest());
    assert!(worker.has_completion());
    assert_eq!(take(&mut worker).unwrap().ticket, Ticket(1));
}

#[test]
fn times_count_from_the_cold_stamp_when_there_is_one() {
    let (mut worker, fake) = fake_worker::worker();
    let cold_ns = now_ns() - 1_000_000;
    let start = Start { cold_ns: Some(cold_ns), ..start(b"") };
    worker.free_line(1).unwrap().publish(request(1, b""), start, b"");
    let completion = honest();
    fake.complete(1, completion);
    let completed = take(&mut worker).unwrap();
    assert_eq!(completed.stamp_ns, cold_ns);
    assert_eq!(completed.latency_ns, Some(completion.entered_ns - cold_ns));
    assert!(completed.total_ns >= completed.latency_ns.unwrap());
}

#[test]
fn watch_of_the_next_starts_when_the_one_before_was_last_seen_running() {
    let (mut worker, fake) = fake_worker::worker();
    publish(&mut worker, 1, b"");
    publish(&mut worker, 2, b"");
    let tick_ns = now_ns();
    assert!(worker.take(tick_ns).is_none());
    fake.complete(1, honest());
    assert!(take(&mut worker).is_some());
    let budget_ns = u64::from(request(2, b"").spec.budget_us) * 1000;
    assert_eq!(worker.watch_ns(), Some(tick_ns + budget_ns));
}

#[test]
fn texts_that_are_not_utf8_do_not_cost_the_worker_its_life() {
    let (mut worker, fake) = fake_worker::worker();
    publish(&mut worker, 1, b"");
    let (outcome, cleanup) = (Outcome::Panicked as u8, Cleanup::Unwound as u8);
    fake.respond(1, b"bad \xff", b"\xfe", Completion { outcome, cleanup, ..honest() });
    let completed = take(&mut worker).unwrap();
    assert_eq!(completed.error.as_deref(), Some("bad \u{fffd}"));
    assert_eq!((completed.log.as_str(), completed.body.len()), ("\u{fffd}", 0));
}

#[test]
fn sleeping_worker_is_rung_and_a_spinning_one_is_not() {
    let (mut worker, fake) = fake_worker::worker();
    let doorbell = &fake.inbox().doorbell;
    let before = doorbell.value();
    publish(&mut worker, 1, b"");
    assert_eq!(doorbell.value(), before);
    fake.outbox().worker_parked.set();
    publish(&mut worker, 2, b"");
    assert_ne!(doorbell.value(), before);
}

fn completed(ended: Vec<Ended>) -> Vec<Completed> {
    ended.into_iter().map(|ended| ended.completed).collect()
}

fn orphan(orphan: &Orphan) -> (u64, &[u8]) {
    (orphan.waiting.request.ticket.0, &orphan.waiting.body)
}

#[test]
fn protocol_violation_kills_the_worker_and_loses_only_what_ran() {
    let (mut worker, fake) = fake_worker::worker();
    for ticket in 1..=3 {
        publish(&mut worker, ticket, &[ticket as u8]);
    }
    fake.complete(1, Completion { body_bytes: u32::MAX, ..honest() });
    assert_eq!(take(&mut worker), None);
    assert!(worker.is_killed());
    fake.complete(1, honest());
    assert_eq!(take(&mut worker), None, "a killed worker is not listened to");
    let why = exit_reason(&mut worker);
    let pid = worker.process.pid();
    let Remains { lost, orphans } = worker.reap(why, now_ns());
    let [lost] = completed(lost).try_into().unwrap();
    assert_eq!((lost.ticket, lost.outcome), (Ticket(1), Outcome::WorkerLost));
    let expected = format!(
        "worker process {pid} was lost: it was not believed: it claimed a body of 4294967295 bytes; \
         the limit is 6291456"
    );
    assert_eq!(lost.error, Some(expected));
    let behind: Vec<_> = orphans.iter().map(orphan).collect();
    assert_eq!(behind, [(2, &[2_u8][..]), (3, &[3][..])]);
}

#[test]
fn latency_of_a_lost_invocation_is_known_only_when_its_entry_is_plausible() {
    for (entered_ns, is_known) in [(now_ns() + 1_000_000_000, true), (1, false)] {
        let (mut worker, fake) = fake_worker::worker();
        publish(&mut worker, 1, b"");
        fake.outbox().running.set(1, entered_ns);
        worker.kill(Cause::SlowStart);
        let why = exit_reason(&mut worker);
        let lost = completed(worker.reap(why, now_ns() + 2_000_000_000).lost);
        assert_eq!(lost[0].latency_ns.is_some(), is_known);
    }
}

#[test]
fn exit_reason_of_a_worker_has_its_last_words() {
    let (mut worker, fake) = fake_worker::worker();
    let status = &fake.outbox().status;
    status.fatal_address.store(0x40, std::sync::atomic::Ordering::Relaxed);
    status.fatal_signal.store(11, std::sync::atomic::Ordering::Relaxed);
    worker.process.kill();
    let expected = "it was killed by signal 9 (SIGKILL), having met signal 11 (SIGSEGV) at 0x40";
    assert_eq!(exit_reason(&mut worker).to_string(), expected);
}

/// What an honest worker says of a job that it pauses in `slot` when so much of its budget is spent.
fn paused(slot: u16, spent_us: u32) -> Completion {
    Completion { paused: slot + 1, spent_us, ..honest() }
}

#[test]
fn paused_job_goes_on_behind_what_waits_and_ends_once() {
    let (mut worker, fake) = fake_worker::worker();
    publish(&mut worker, 1, b"long");
    let first = honest();
    publish(&mut worker, 2, b"short");
    fake.complete(1, Completion { entered_ns: first.entered_ns, ..paused(2, 40) });
    assert_eq!(take(&mut worker), None);
    assert_eq!((worker.load(), worker.first_paused_ns().is_some()), (1, true));
    resume(&mut worker);
    let (resumed, body) = fake.request(3).unwrap();
    assert_eq!((resumed.resume, body.len()), (3, 0));
    fake.complete(2, honest());
    assert_eq!(take(&mut worker).unwrap().ticket, Ticket(2));
    fake.respond(3, b"done", b"said", honest());
    let ended = take(&mut worker).unwrap();
    assert_eq!((ended.ticket, ended.pauses), (Ticket(1), 1));
    assert_eq!((ended.body.as_slice(), ended.log.as_str()), (&b"done"[..], "said"));
    let latency_ns = first.entered_ns - ended.stamp_ns;
    assert_eq!(ended.latency_ns, Some(latency_ns), "it counts to the first entry");
    assert_eq!((worker.load(), worker.first_paused_ns()), (0, None));
}

#[test]
fn completion_behind_a_pause_is_taken_in_the_same_tick() {
    let (mut worker, fake) = fake_worker::worker();
    publish(&mut worker, 1, b"");
    publish(&mut worker, 2, b"");
    fake.complete(1, paused(0, 10));
    fake.complete(2, honest());
    assert_eq!(take(&mut worker).unwrap().ticket, Ticket(2));
    assert!(worker.first_paused_ns().is_some());
}

#[test]
fn stack_slot_cannot_hold_two_paused_jobs() {
    let (mut worker, fake) = fake_worker::worker();
    for ticket in 1..=3 {
        publish(&mut worker, ticket, b"");
    }
    fake.complete(1, paused(1, 10));
    fake.complete(2, paused(1, 10));
    assert_eq!(take(&mut worker), None);
    let why = exit_reason(&mut worker);
    assert_eq!(
        why.to_string(),
        "it was not believed: it claimed to have paused an invocation in stack slot 1, which cannot be"
    );
}

#[test]
fn paused_and_resumed_jobs_are_lost_with_their_worker_and_new_ones_are_not() {
    let (mut worker, fake) = fake_worker::worker();
    for ticket in 1..=4 {
        publish(&mut worker, ticket, &[ticket as u8]);
    }
    fake.complete(1, paused(0, 10));
    fake.complete(2, paused(1, 10));
    assert_eq!(take(&mut worker), None);
    resume(&mut worker);
    worker.kill(Cause::SlowStart);
    let why = exit_reason(&mut worker);
    let Remains { lost, orphans } = worker.reap(why, now_ns());
    let suspects: Vec<bool> = lost.iter().map(|lost| lost.is_suspect).collect();
    assert_eq!(suspects, [true, false, false], "what is paused ends nobody's worker");
    let lost = completed(lost);
    let tickets: Vec<_> = lost.iter().map(|lost| (lost.ticket.0, lost.pauses)).collect();
    assert_eq!(tickets, [(3, 0), (1, 1), (2, 1)]);
    assert!(lost.iter().all(|lost| lost.outcome == Outcome::WorkerLost && lost.error.is_some()));
    let behind: Vec<_> = orphans.iter().map(orphan).collect();
    assert_eq!(behind, [(4, &[4_u8][..])]);
}

#[test]
fn worker_is_signalled_at_the_end_of_a_slice_when_somebody_waits() {
    let (mut worker, fake) = fake_worker::running_worker();
    publish(&mut worker, 1, b"");
    let entered_ns = now_ns();
    fake.outbox().running.set(1, entered_ns);
    assert_eq!(worker.oversee(entered_ns + 20_000, Source::Signal), None, "nobody waits");
    publish(&mut worker, 2, b"");
    assert_eq!(worker.oversee(entered_ns + 20_000, Source::OneShot), None, "it has a timer");
    assert_eq!(worker.oversee(entered_ns + 300_000, Source::Signal), Some(Interruption::Signal));
    worker.signal();
    assert_eq!(exit_reason(&mut worker).to_string(), "it was killed by signal 14 (SIGALRM)");
}

#[test]
fn nobody_is_asked_to_pause_when_all_stack_slots_are_taken() {
    let (mut worker, fake) = fake_worker::worker();
    for ticket in 1..=4 {
        publish(&mut worker, ticket, b"");
    }
    assert!(worker.is_waited_for());
    fake.complete(1, paused(0, 10));
    fake.complete(2, paused(1, 10));
    assert_eq!(take(&mut worker), None);
    assert!(!worker.is_waited_for(), "three slots: two are taken, the third runs");
    resume(&mut worker);
    assert!(!worker.is_waited_for(), "a job in the ring still has its slot");
    fake.complete(3, honest());
    fake.complete(4, honest());
    assert!(take(&mut worker).is_some() && take(&mut worker).is_some());
    publish(&mut worker, 5, b"");
    assert!(worker.is_waited_for(), "the resumed one can be paused again");
}
