//! The jobs that wait for a worker: first come, first served, and bounded. Pure.

use std::collections::VecDeque;
use std::fmt::Display;

use mote_abi::outcome::Outcome;

use crate::job::completed::{Completed, Ending};
use crate::job::ids::TenantId;
use crate::job::request::{Request, Waiting};

/// No more jobs may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueFull {
    pub(crate) limit: usize,
}

#[derive(Debug)]
pub(crate) struct Queue {
    jobs: VecDeque<Waiting>,
    limit: usize,
}

/// Room for one more job.
#[derive(Debug)]
pub(crate) struct Room<'a>(&'a mut Queue);

impl Queue {
    pub(crate) fn new(limit: usize) -> Self {
        Self { jobs: VecDeque::new(), limit }
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
        self.jobs.front().map_or(u64::MAX, |first| first.request.submitted_ns)
    }

    /// Whose the first of them is.
    pub(crate) fn first_tenant(&self) -> Option<TenantId> {
        Some(self.jobs.front()?.request.spec.tenant)
    }

    /// The first of them that is `tenant`'s.
    pub(crate) fn pop_of(&mut self, tenant: TenantId) -> Option<Waiting> {
        let of_tenant = |waiting: &Waiting| waiting.request.spec.tenant == tenant;
        self.jobs.remove(self.jobs.iter().position(of_tenant)?)
    }

    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        self.jobs.pop_front()
    }

    /// A job that had a worker, and lost it or was refused there, goes first. It was admitted before, so the
    /// limit does not hold for it.
    pub(crate) fn push_front(&mut self, waiting: Waiting) {
        self.jobs.push_front(waiting);
    }

    /// Ends all of them, because nobody is left to run them.
    pub(crate) fn drain_lost(&mut self, why: impl Display) -> impl Iterator<Item = Completed> {
        let why = format!("no worker is left to run it: {why}");
        let lost = move || Ending::unreported(Outcome::WorkerLost, &why);
        self.jobs.drain(..).map(move |waiting| waiting.request.not_run(lost()))
    }
}

impl Room<'_> {
    /// Puts a job behind all others.
    pub(crate) fn push(self, request: Request, body: &[u8]) {
        self.0.jobs.push_back(Waiting { request, body: body.to_vec() });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::job::request::tests::request;

    fn waiting(number: u64) -> Waiting {
        Waiting { request: request(number, b""), body: vec![number as u8] }
    }

    fn push(queue: &mut Queue, number: u64) {
        queue.room().unwrap().push(request(number, b""), b"");
    }

    fn order(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop()).map(|next| next.request.ticket.0).collect()
    }

    #[test]
    fn job_that_lost_its_worker_goes_first_even_when_the_queue_is_full() {
        let mut queue = Queue::new(1);
        push(&mut queue, 3);
        assert_eq!(queue.room().unwrap_err(), QueueFull { limit: 1 });
        assert_eq!(queue.first_ns(), 3);
        queue.push_front(waiting(2));
        queue.push_front(waiting(1));
        assert_eq!(queue.first_ns(), 1);
        assert_eq!(order(&mut queue), [1, 2, 3]);
    }

    #[test]
    fn all_are_lost_when_nobody_is_left() {
        let mut queue = Queue::new(2);
        push(&mut queue, 1);
        push(&mut queue, 2);
        assert!(!queue.is_empty());
        let lost: Vec<Completed> = queue.drain_lost("x").collect();
        assert_eq!(lost.iter().map(|lost| lost.ticket.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(lost[0].error.as_deref(), Some("no worker is left to run it: x"));
        assert!(queue.is_empty());
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
