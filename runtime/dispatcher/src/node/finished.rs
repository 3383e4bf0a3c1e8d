//! What has ended and was not handed out. Pure.

use std::collections::VecDeque;

use crate::job::completed::Completed;
use crate::job::ids::Ticket;

#[derive(Debug, Default)]
pub(crate) struct Finished {
    ended: VecDeque<Completed>,
}

impl Finished {
    /// A job ended.
    pub(crate) fn push(&mut self, completed: Completed) {
        self.ended.push_back(completed);
    }

    /// How many ended and were not handed out.
    pub(crate) fn len(&self) -> usize {
        self.ended.len()
    }

    /// The job that ended first.
    pub(crate) fn pop(&mut self) -> Option<Completed> {
        self.ended.pop_front()
    }

    /// The job with this ticket, if it ended and is not among the first `seen`.
    pub(crate) fn take(&mut self, ticket: Ticket, seen: usize) -> Option<Completed> {
        let unseen = self.ended.iter().skip(seen);
        let position = unseen.map(|ended| ended.ticket).position(|found| found == ticket)?;
        self.ended.remove(seen + position)
    }
}

#[cfg(test)]
mod tests {
    use mote_abi::outcome::Outcome;

    use super::*;
    use crate::job::completed::Ending;
    use crate::job::request::tests::request;

    #[test]
    fn job_is_taken_by_its_ticket_once_and_others_keep_their_order() {
        let mut finished = Finished::default();
        for ticket in 1..=3 {
            let ending = Ending::unreported(Outcome::Cancelled, "");
            finished.push(request(ticket, b"").not_run(ending));
        }
        assert_eq!(finished.len(), 3);
        assert_eq!(finished.take(Ticket(2), 2), None, "it is among those seen");
        assert_eq!(finished.take(Ticket(2), 1).map(|ended| ended.ticket), Some(Ticket(2)));
        assert_eq!(finished.take(Ticket(2), 0), None);
        let rest: Vec<u64> = std::iter::from_fn(|| finished.pop()).map(|it| it.ticket.0).collect();
        assert_eq!(rest, [1, 3]);
    }
}
