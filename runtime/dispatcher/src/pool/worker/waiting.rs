//! Jobs of a worker that wait for upstreams.

use crate::job::called::Called;
use crate::job::ids::Ticket;
use crate::pool::outstanding::Paused;
use crate::pool::worker::Worker;

impl Worker {
    /// A job waits for the replies to `calls`; one that was cancelled meanwhile does not.
    pub(super) fn wait(&mut self, paused: Paused, calls: Vec<u8>) {
        let (request, entered_ns) = (paused.request, paused.history.entered_ns);
        let ticket = request.ticket;
        self.slices.wait(paused);
        if request.is_cancelled {
            self.end_wait(ticket);
            return;
        }
        let (worker, tenant, service) = (self.number, request.spec.tenant, request.spec.service);
        self.called.push(Called { worker, ticket, tenant, service, entered_ns, calls });
    }

    /// What has begun to wait since this was asked last.
    pub(crate) fn take_called(&mut self) -> impl Iterator<Item = Called> {
        self.called.drain(..)
    }

    /// The replies for a job, if it waits here.
    pub(crate) fn answer(&mut self, ticket: Ticket, replies: Vec<u8>) {
        self.slices.answer(ticket, replies);
    }

    /// A job has waited for too long, if it waits here.
    pub(crate) fn end_wait(&mut self, ticket: Ticket) {
        self.slices.end_wait(ticket);
    }

    /// Whether any job is paused here, or waits: then it cannot be replaced.
    pub(crate) fn has_suspended(&self) -> bool {
        self.slices.is_any()
    }
}

#[cfg(test)]
mod tests {
    use mote_abi::area::RING_ENTRIES;
    use mote_abi::message::Completion;

    use super::*;
    use crate::pool::fake_worker::{self, FakeWorker, honest, publish};
    use crate::sys::clock::now_ns;

    const CALLS: &[u8] = b"\x01\x01\0\0\0ab";

    /// Says that job `sequence` waits in stack slot 0, with nothing of its budget spent.
    fn call(fake: &FakeWorker, sequence: u64) {
        fake.respond(sequence, CALLS, b"", Completion { paused: 1, ..honest() });
    }

    #[test]
    fn job_that_waits_goes_on_with_its_replies_and_what_is_left_of_its_budget() {
        let (mut worker, fake) = fake_worker::worker();
        publish(&mut worker, 1, b"");
        call(&fake, 1);
        assert!(worker.take(now_ns()).is_none() && !worker.is_killed());
        let called: Vec<_> = worker.take_called().collect();
        assert_eq!((called[0].ticket, &called[0].calls[..]), (Ticket(1), CALLS));
        assert!(worker.has_suspended() && worker.next_slice(RING_ENTRIES).is_none());
        worker.answer(Ticket(2), b"nobody's".to_vec());
        worker.answer(Ticket(1), b"reply".to_vec());
        worker.next_slice(RING_ENTRIES).unwrap().resume(1);
        let (resumed, body) = fake.request(2).unwrap();
        assert_eq!((resumed.resume, resumed.budget_us, &body[..]), (1, 100, &b"reply"[..]));
        fake.complete(2, honest());
        assert_eq!(worker.take(now_ns()).unwrap().completed.pauses, 0);
    }

    #[test]
    fn job_that_was_cancelled_before_it_waits_or_while_it_does_has_nothing_left() {
        for is_early in [false, true] {
            let (mut worker, fake) = fake_worker::worker();
            publish(&mut worker, 1, b"");
            if is_early {
                assert!(worker.cancel(Ticket(1), now_ns()));
            }
            call(&fake, 1);
            assert!(worker.take(now_ns()).is_none());
            assert_eq!(worker.take_called().count(), usize::from(!is_early));
            if !is_early {
                assert!(worker.cancel(Ticket(1), now_ns()));
            }
            worker.answer(Ticket(1), b"late".to_vec());
            worker.next_slice(RING_ENTRIES).unwrap().resume(1);
            let (resumed, body) = fake.request(2).unwrap();
            assert_eq!((resumed.budget_us, body.len()), (0, 0));
        }
    }

    #[test]
    fn worker_that_lets_a_job_wait_whose_time_is_over_is_killed() {
        let (mut worker, fake) = fake_worker::worker();
        publish(&mut worker, 1, b"");
        call(&fake, 1);
        assert!(worker.take(now_ns()).is_none());
        worker.end_wait(Ticket(1));
        worker.next_slice(RING_ENTRIES).unwrap().resume(1);
        call(&fake, 2);
        assert!(worker.take(now_ns()).is_none() && worker.is_killed());
    }
}
