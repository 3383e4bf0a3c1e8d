//! The jobs that wait for replies of upstreams: what has come, and until when they wait. Pure.

use std::collections::{BTreeSet, HashMap};

use mote_abi::area::BODY_BYTES;
use mote_abi::upstream::{CallError, OK, REPLY_HEAD_BYTES, reply_head};

use crate::job::ids::Ticket;
use crate::upstream::arrivals::CallNumber;

/// What came of a call; `None` while nothing did.
type Reply = Option<Result<Vec<u8>, CallError>>;

/// All that wait.
#[derive(Debug, Default)]
pub(super) struct Waits {
    last: u64,
    open: HashMap<u64, Wait>,
    numbers: HashMap<Ticket, u64>,
    deadlines: BTreeSet<(u64, u64)>,
}

#[derive(Debug)]
struct Wait {
    worker: usize,
    ticket: Ticket,
    until_ns: u64,
    replies: Vec<Reply>,
}

/// All replies that a job waited for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The worker that it is suspended on.
    pub(crate) worker: usize,
    pub(crate) ticket: Ticket,
    /// As [`mote_abi::upstream`] writes them: never empty.
    pub(crate) replies: Vec<u8>,
}

impl Waits {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// A job waits for `calls` replies, at least one; the number of its wait. A job has one wait at a time.
    pub(super) fn begin(
        &mut self,
        worker: usize,
        ticket: Ticket,
        until_ns: u64,
        calls: usize,
    ) -> u64 {
        self.last += 1;
        let replies = std::iter::repeat_with(|| None).take(calls).collect();
        self.open.insert(self.last, Wait { worker, ticket, until_ns, replies });
        self.numbers.insert(ticket, self.last);
        self.deadlines.insert((until_ns, self.last));
        self.last
    }

    /// A reply comes; the answer, if it was the last one. A late one, and a second one, change nothing.
    pub(super) fn arrive(
        &mut self,
        number: CallNumber,
        result: Result<Vec<u8>, CallError>,
    ) -> Option<Answer> {
        let wait = self.open.get_mut(&number.wait)?;
        wait.replies.get_mut(number.call)?.get_or_insert(result);
        if wait.replies.iter().any(Option::is_none) {
            return None;
        }
        let Wait { worker, ticket, replies, .. } = self.remove(number.wait)?;
        Some(Answer { worker, ticket, replies: written(replies.into_iter().flatten().collect()) })
    }

    /// One that has waited for too long: its worker and its ticket.
    pub(super) fn pop_expired(&mut self, now_ns: u64) -> Option<(usize, Ticket)> {
        let &(until_ns, number) = self.deadlines.first()?;
        if until_ns > now_ns {
            return None;
        }
        self.remove(number).map(|wait| (wait.worker, wait.ticket))
    }

    pub(super) fn next_deadline_ns(&self) -> u64 {
        self.deadlines.first().map_or(u64::MAX, |&(until_ns, _)| until_ns)
    }

    /// The job with this ticket waits no longer, if it did.
    pub(super) fn forget(&mut self, ticket: Ticket) {
        if let Some(&number) = self.numbers.get(&ticket) {
            self.remove(number);
        }
    }

    fn remove(&mut self, number: u64) -> Option<Wait> {
        let wait = self.open.remove(&number)?;
        self.numbers.remove(&wait.ticket);
        self.deadlines.remove(&(wait.until_ns, number));
        Some(wait)
    }
}

/// Replies as a service reads them. What does not fit beside the others is too large.
fn written(replies: Vec<Result<Vec<u8>, CallError>>) -> Vec<u8> {
    let mut room = BODY_BYTES - replies.len().saturating_mul(REPLY_HEAD_BYTES).min(BODY_BYTES);
    let mut all = Vec::new();
    for reply in replies {
        let (status, bytes) = match reply {
            Ok(bytes) if bytes.len() <= room => (OK, bytes),
            Ok(_) => (CallError::TooLarge as u8, Vec::new()),
            Err(why) => (why as u8, Vec::new()),
        };
        room -= bytes.len();
        all.extend(reply_head(status, bytes.len() as u32));
        all.extend(bytes);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(wait: u64, call: usize) -> CallNumber {
        CallNumber { wait, call }
    }

    #[test]
    fn answer_is_there_when_all_replies_have_come() {
        let mut waits = Waits::default();
        let wait = waits.begin(3, Ticket(7), 50, 2);
        assert_eq!(waits.arrive(call(wait, 1), Err(CallError::Busy)), None);
        assert_eq!(waits.arrive(call(wait, 1), Ok(vec![9])), None, "it has replied");
        assert_eq!(waits.arrive(call(wait, 2), Ok(vec![9])), None, "there is no such call");
        let answer = waits.arrive(call(wait, 0), Ok(b"ab".to_vec())).unwrap();
        let replies = [&[OK, 2, 0, 0, 0][..], b"ab", &[CallError::Busy as u8, 0, 0, 0, 0]].concat();
        assert_eq!(answer, Answer { worker: 3, ticket: Ticket(7), replies });
        assert!(waits.is_empty() && waits.next_deadline_ns() == u64::MAX);
    }

    #[test]
    fn reply_is_late_when_its_job_has_ended_or_waits_for_another() {
        let mut waits = Waits::default();
        let first = waits.begin(0, Ticket(1), 50, 1);
        waits.forget(Ticket(1));
        waits.forget(Ticket(2));
        let second = waits.begin(1, Ticket(1), 60, 1);
        assert_eq!(waits.arrive(call(first, 0), Ok(vec![1])), None);
        assert_eq!(waits.next_deadline_ns(), 60);
        assert_eq!(waits.arrive(call(second, 0), Ok(vec![1])).unwrap().worker, 1);
    }

    #[test]
    fn job_that_waits_too_long_is_told_once() {
        let mut waits = Waits::default();
        waits.begin(0, Ticket(1), 70, 1);
        let wait = waits.begin(1, Ticket(2), 60, 1);
        assert_eq!(waits.pop_expired(59), None);
        assert_eq!(waits.pop_expired(69), Some((1, Ticket(2))));
        assert_eq!(waits.arrive(call(wait, 0), Ok(vec![1])), None);
        assert_eq!((waits.pop_expired(69), waits.next_deadline_ns()), (None, 70));
    }

    #[test]
    fn replies_that_do_not_fit_together_are_too_large() {
        let long = || Ok(vec![0; BODY_BYTES - 3 * REPLY_HEAD_BYTES - 1]);
        let all = written(vec![long(), long(), Ok(vec![5])]);
        assert_eq!(all.len(), BODY_BYTES);
        let tail = [&[CallError::TooLarge as u8, 0, 0, 0, 0], &[OK, 1, 0, 0, 0][..], &[5]].concat();
        assert!(all.ends_with(&tail));
    }
}
