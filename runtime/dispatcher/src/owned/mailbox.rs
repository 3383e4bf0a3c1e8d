//! Commands on their way to a node's thread: in their order, bounded, and none after the end.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::job::ids::Ticket;
use crate::node::error::SubmitError;
use crate::owned::command::{Command, JobResult, OwnedJob};
use crate::owned::reply::Reply;

#[derive(Debug)]
pub(crate) struct Mailbox {
    state: Mutex<State>,
    /// Jobs that may be in it.
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    commands: VecDeque<Command>,
    /// How many of them are jobs.
    jobs: usize,
    last_ticket: u64,
    is_closed: bool,
}

impl Mailbox {
    /// One that holds at most `limit` jobs. Other commands are few, and always taken.
    pub(crate) fn new(limit: usize) -> Self {
        Self { state: Mutex::default(), limit }
    }

    /// Puts a job behind what is there, or replies at once why not.
    pub(crate) fn submit(&self, job: OwnedJob, to: Reply<JobResult>) -> Ticket {
        let mut state = self.state();
        state.last_ticket += 1;
        let ticket = Ticket(state.last_ticket);
        let refused = match (state.is_closed, state.jobs >= self.limit) {
            (true, _) => Some(SubmitError::NodeGone),
            (false, true) => Some(SubmitError::MailboxFull { limit: self.limit }),
            (false, false) => None,
        };
        let Some(refused) = refused else {
            state.jobs += 1;
            state.commands.push_back(Command::Submit { ticket, job, to });
            return ticket;
        };
        // Whoever is replied to may submit again.
        drop(state);
        to.send(Err(refused));
        ticket
    }

    /// Puts a command behind what is there; when the node has ended, it is dropped, which replies so.
    pub(crate) fn send(&self, command: Command) {
        let mut state = self.state();
        if state.is_closed {
            drop(state);
            drop(command);
        } else {
            state.commands.push_back(command);
        }
    }

    /// Exchanges what is there for `empty`.
    pub(crate) fn take(&self, empty: &mut VecDeque<Command>) {
        let mut state = self.state();
        std::mem::swap(&mut state.commands, empty);
        state.jobs = 0;
    }

    /// Takes no more from now on, and replies to what is there.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        let commands = std::mem::take(&mut state.commands);
        // Whoever is replied to may send again.
        drop(state);
        drop(commands);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::job::spec::tests::job;

    fn submit(mailbox: &Mailbox, answers: &mpsc::Sender<JobResult>) -> u64 {
        let answers = answers.clone();
        let reply = Reply::new(move |answer| drop(answers.send(answer)));
        mailbox.submit(job(b"x").into(), reply).number()
    }

    #[test]
    fn job_too_many_is_replied_to_and_those_before_it_are_there() {
        let (mailbox, (to, answers)) = (Mailbox::new(2), mpsc::channel());
        assert_eq!([1, 2, 3].map(|_| submit(&mailbox, &to)), [1, 2, 3]);
        let refused = answers.try_iter().next().unwrap().unwrap_err();
        assert!(matches!(refused, SubmitError::MailboxFull { limit: 2 }), "{refused}");
        let mut commands = VecDeque::new();
        mailbox.take(&mut commands);
        assert_eq!(commands.len(), 2);
        submit(&mailbox, &to);
        assert!(answers.try_recv().is_err(), "there was room again");
    }

    #[test]
    fn whatever_is_there_at_the_end_or_comes_later_is_replied_to() {
        let (mailbox, (to, answers)) = (Mailbox::new(9), mpsc::channel());
        submit(&mailbox, &to);
        mailbox.close();
        submit(&mailbox, &to);
        let gone: Vec<_> = answers.try_iter().map(Result::unwrap_err).collect();
        assert_eq!(gone.len(), 2);
        assert!(gone.iter().all(|gone| matches!(gone, SubmitError::NodeGone)), "{gone:?}");
    }
}
