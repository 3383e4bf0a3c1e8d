//! The jobs that wait for a worker: first come, first served, and bounded.

use std::collections::VecDeque;

use crate::node::completed::Completed;
use crate::node::error::SubmitError;
use crate::node::request::{Request, Waiting};

#[derive(Debug)]
pub(crate) struct Queue {
    jobs: VecDeque<Waiting>,
    limit: usize,
}

impl Queue {
    pub(crate) fn new(limit: usize) -> Self {
        Self { jobs: VecDeque::new(), limit }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Refuses when one more would be too many.
    pub(crate) fn check_room(&self) -> Result<(), SubmitError> {
        if self.jobs.len() < self.limit {
            return Ok(());
        }
        Err(SubmitError::QueueFull { limit: self.limit })
    }

    pub(crate) fn push(&mut self, request: Request, body: &[u8], since_ns: u64) {
        self.jobs.push_back(Waiting { request, body: body.to_vec(), since_ns });
    }

    /// Since when the first of them waits; `u64::MAX` if there is none.
    pub(crate) fn first_ns(&self) -> u64 {
        self.jobs.front().map_or(u64::MAX, |first| first.since_ns)
    }

    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        self.jobs.pop_front()
    }

    /// Jobs that had a worker and lost it go first, in their order. They were admitted before, so the
    /// limit does not hold for them.
    pub(crate) fn take_back(&mut self, orphans: &mut Vec<Waiting>) {
        for orphan in orphans.drain(..).rev() {
            // What its latency counts from is its new publishing.
            let request = Request { cold_ns: None, ..orphan.request };
            self.jobs.push_front(Waiting { request, ..orphan });
        }
    }

    /// Ends all of them, because nobody is left to run them.
    pub(crate) fn drain_lost(&mut self, why: &str) -> impl Iterator<Item = Completed> {
        self.jobs.drain(..).map(move |waiting| Completed {
            error: Some(format!("no worker is left to run it: {why}")),
            ..waiting.request.lost()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::node::job::Ticket;
    use crate::node::job::tests::job;

    fn request(number: u64) -> Request {
        Request { ticket: Ticket(number), spec: job(b"").spec(), cold_ns: Some(1) }
    }

    fn waiting(number: u64) -> Waiting {
        Waiting { request: request(number), body: vec![number as u8], since_ns: number }
    }

    fn order(queue: &mut Queue) -> Vec<u64> {
        std::iter::from_fn(|| queue.pop()).map(|next| next.request.ticket.0).collect()
    }

    #[test]
    fn orphans_go_first_even_when_the_queue_is_full() {
        let mut queue = Queue::new(1);
        queue.push(request(3), b"", 3);
        assert!(matches!(queue.check_room(), Err(SubmitError::QueueFull { limit: 1 })));
        assert_eq!(queue.first_ns(), 3);
        queue.take_back(&mut vec![waiting(1), waiting(2)]);
        assert_eq!(queue.first_ns(), 1);
        assert_eq!(order(&mut queue), [1, 2, 3]);
    }

    #[test]
    fn orphan_is_no_longer_cold() {
        let mut queue = Queue::new(1);
        queue.take_back(&mut vec![waiting(1)]);
        let next = queue.pop().unwrap();
        assert_eq!((next.request.cold_ns, next.body), (None, vec![1]));
    }

    #[test]
    fn all_are_lost_when_nobody_is_left() {
        let mut queue = Queue::new(2);
        queue.push(request(1), b"", 1);
        queue.push(request(2), b"", 2);
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
                if is_push && queue.check_room().is_ok() {
                    pushed += 1;
                    queue.push(request(pushed), b"", pushed);
                } else if let Some(next) = queue.pop() {
                    popped += 1;
                    prop_assert_eq!(next.request.ticket.0, popped);
                }
                prop_assert!(pushed - popped <= limit as u64);
            }
        }
    }
}
