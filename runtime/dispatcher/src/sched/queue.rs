//! The jobs that wait for a worker: first come, first served, bounded, and not for ever. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use mote_abi::outcome::Outcome;

use crate::job::completed::{Completed, Ending};
use crate::job::ids::{TenantId, Ticket};
use crate::job::request::{Request, Waiting};

/// No more jobs may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueFull {
    pub(crate) limit: usize,
}

#[derive(Debug)]
pub(crate) struct Queue {
    /// In the order of their tickets, which is that of their submission.
    jobs: BTreeMap<Ticket, Waiting>,
    /// Those that do not wait for ever, by when they must start.
    deadlines: BTreeSet<(u64, Ticket)>,
    /// All, by whose they are.
    tenants: BTreeSet<(TenantId, Ticket)>,
    limit: usize,
}

/// Room for one more job.
#[derive(Debug)]
pub(crate) struct Room<'a>(&'a mut Queue);

impl Queue {
    pub(crate) fn new(limit: usize) -> Self {
        let (deadlines, tenants) = (BTreeSet::new(), BTreeSet::new());
        Self { jobs: BTreeMap::new(), deadlines, tenants, limit }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Room for one more, unless that would be too many.
    pub(crate) fn room(&mut self) -> Result<Room<'_>, QueueFull> {
        let limit = self.limit;
        if self.jobs.len() < limit { Ok(Room(self)) } else { Err(QueueFull { limit }) }
    }

    /// Since when the first of them waits; `u64::MAX` if there is none.
    pub(crate) fn first_ns(&self) -> u64 {
        self.first().map_or(u64::MAX, |first| first.submitted_ns)
    }

    /// The one that [`Queue::pop`] takes.
    pub(crate) fn first(&self) -> Option<&Request> {
        self.jobs.first_key_value().map(|(_, first)| &first.request)
    }

    /// The first of them that is `tenant`'s.
    pub(crate) fn first_of(&self, tenant: TenantId) -> Option<&Request> {
        let &(_, ticket) =
            self.tenants.range((tenant, Ticket(0))..=(tenant, Ticket(u64::MAX))).next()?;
        self.jobs.get(&ticket).map(|waiting| &waiting.request)
    }

    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        let ticket = *self.jobs.first_key_value()?.0;
        self.remove(ticket)
    }

    /// A job that had a worker, and lost it or was refused there, goes to where it was. It was admitted
    /// before, so the limit does not hold for it.
    pub(crate) fn put_back(&mut self, waiting: Waiting) {
        let Request { ticket, start_by_ns, spec, .. } = waiting.request;
        self.tenants.insert((spec.tenant, ticket));
        if start_by_ns < u64::MAX {
            self.deadlines.insert((start_by_ns, ticket));
        }
        self.jobs.insert(ticket, waiting);
    }

    /// Takes out the job with this ticket, if it waits.
    pub(crate) fn remove(&mut self, ticket: Ticket) -> Option<Waiting> {
        let waiting = self.jobs.remove(&ticket)?;
        self.deadlines.remove(&(waiting.request.start_by_ns, ticket));
        self.tenants.remove(&(waiting.request.spec.tenant, ticket));
        Some(waiting)
    }

    /// When the next of them must have started; `u64::MAX` if all wait for ever.
    pub(crate) fn next_deadline_ns(&self) -> u64 {
        self.deadlines.first().map_or(u64::MAX, |&(start_by_ns, _)| start_by_ns)
    }

    /// Takes out one that cannot start in time any more.
    pub(crate) fn pop_expired(&mut self, now_ns: u64) -> Option<Waiting> {
        let &(start_by_ns, ticket) = self.deadlines.first()?;
        if start_by_ns > now_ns { None } else { self.remove(ticket) }
    }

    /// Ends all of them, because nobody is left to run them.
    pub(crate) fn drain_lost(&mut self, why: impl Display) -> impl Iterator<Item = Completed> {
        let why = format!("no worker is left to run it: {why}");
        let lost = move || Ending::unreported(Outcome::WorkerLost, &why);
        self.deadlines.clear();
        self.tenants.clear();
        std::mem::take(&mut self.jobs).into_values().map(move |it| it.request.not_run(lost()))
    }
}

impl Room<'_> {
    /// Puts a job behind all others.
    pub(crate) fn push(self, request: Request, body: &[u8]) {
        self.0.put_back(Waiting { request, body: body.to_vec() });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::job::request::tests::request;

    fn waiting(number: u64, start_by_ns: u64) -> Waiting {
        let request = Request { start_by_ns, ..request(number, b"") };
        Waiting { request, body: vec![number as u8] }
    }

    fn push(queue: &mut Queue, number: u64) {
        queue.room().unwrap().push(request(number, b""), b"");
    }

    fn number(waiting: Option<Waiting>) -> Option<u64> {
        waiting.map(|waiting| waiting.request.ticket.0)
    }

    #[test]
    fn job_that_lost_its_worker_goes_first_even_when_the_queue_is_full() {
        let mut queue = Queue::new(1);
        push(&mut queue, 3);
        assert_eq!(queue.room().unwrap_err(), QueueFull { limit: 1 });
        assert_eq!(queue.first_ns(), 3);
        queue.put_back(waiting(2, u64::MAX));
        queue.put_back(waiting(1, u64::MAX));
        assert_eq!(queue.first_ns(), 1);
        let order = [1, 2, 3].map(|_| number(queue.pop()));
        assert_eq!(order, [Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn job_expires_at_its_time_wherever_it_stands() {
        let mut queue = Queue::new(9);
        for (number, start_by_ns) in [(1, u64::MAX), (2, 50), (3, 20), (4, 20)] {
            queue.put_back(waiting(number, start_by_ns));
        }
        assert_eq!((queue.next_deadline_ns(), number(queue.pop_expired(19))), (20, None));
        let expired = [20, 20, 20].map(|now_ns| number(queue.pop_expired(now_ns)));
        assert_eq!(expired, [Some(3), Some(4), None]);
        assert_eq!(number(queue.remove(Ticket(2))), Some(2));
        assert_eq!(queue.next_deadline_ns(), u64::MAX, "it took its deadline with it");
        assert_eq!((number(queue.remove(Ticket(2))), number(queue.pop())), (None, Some(1)));
    }

    #[test]
    fn all_are_lost_when_nobody_is_left() {
        let mut queue = Queue::new(2);
        push(&mut queue, 1);
        queue.put_back(waiting(2, 9));
        assert!(!queue.is_empty());
        let lost: Vec<Completed> = queue.drain_lost("x").collect();
        assert_eq!(lost.iter().map(|lost| lost.ticket.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(lost[0].error.as_deref(), Some("no worker is left to run it: x"));
        assert!(queue.is_empty() && queue.pop_expired(u64::MAX).is_none());
    }

    proptest! {
        #[test]
        fn queue_never_passes_its_limit_and_keeps_order(limit in 0..8_usize, steps: Vec<bool>) {
            let mut queue = Queue::new(limit);
            let (mut pushed, mut popped) = (0, 0);
            for is_push in steps {
                if is_push && queue.room().is_ok() {
                    pushed += 1;
                    push(&mut queue, pushed);
                } else if let Some(next) = queue.pop() {
                    popped += 1;
                    prop_assert_eq!(next.request.ticket.0, popped);
                }
                prop_assert!(pushed - popped <= limit as u64);
            }
        }
    }
}
