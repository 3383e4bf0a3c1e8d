//! Who waits for a worker, in the order of their arrival, and not for ever. Pure.

use std::collections::VecDeque;

/// What waits.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: VecDeque<Waiting<T>>,
    limit: usize,
    patience_ns: u64,
}

#[derive(Debug)]
struct Waiting<T> {
    item: T,
    until_ns: u64,
}

impl<T> Queue<T> {
    /// A queue of at most `limit`, each of which waits for at most `patience_ns`.
    pub(super) fn new(limit: usize, patience_ns: u64) -> Self {
        Self { waiting: VecDeque::new(), limit, patience_ns }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds the last one; gives it back if there is no room.
    pub(super) fn push(&mut self, item: T, now_ns: u64) -> Result<(), T> {
        if self.waiting.len() >= self.limit {
            return Err(item);
        }
        let until_ns = now_ns.saturating_add(self.patience_ns);
        self.waiting.push_back(Waiting { item, until_ns });
        Ok(())
    }

    /// The first one.
    pub(super) fn pop(&mut self) -> Option<T> {
        Some(self.waiting.pop_front()?.item)
    }

    /// The first one, if it has waited for too long.
    pub(super) fn pop_expired(&mut self, now_ns: u64) -> Option<T> {
        // All are equally patient, so the first is the first to lose patience.
        self.waiting.pop_front_if(|first| first.until_ns <= now_ns).map(|first| first.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_comes_first() {
        let mut queue = Queue::new(2, 10);
        assert!(queue.push('a', 0).is_ok() && queue.push('b', 1).is_ok());
        assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some('a'), Some('b'), None));
    }

    #[test]
    fn one_too_many_comes_back() {
        let mut queue = Queue::new(1, 10);
        assert_eq!((queue.push('a', 0), queue.push('b', 0)), (Ok(()), Err('b')));
        queue.pop();
        assert_eq!(queue.push('b', 0), Ok(()));
    }

    #[test]
    fn only_those_expire_that_waited_long_enough() {
        let mut queue = Queue::new(3, 10);
        for (item, now_ns) in [('a', 0), ('b', 5)] {
            queue.push(item, now_ns).unwrap();
        }
        assert_eq!(queue.pop_expired(9), None);
        assert_eq!(queue.pop_expired(10), Some('a'));
        assert_eq!(queue.pop_expired(14), None);
        assert_eq!(queue.pop_expired(u64::MAX), Some('b'));
        assert!(queue.is_empty());
    }
}
