//! The way to a node's thread, from any thread.

use std::sync::Arc;

use crate::images::statistics::ServiceStatistics;
use crate::job::completed::Completed;
use crate::job::ids::{ServiceId, Ticket};
use crate::node::error::SubmitError;
use crate::node::waker::Waker;
use crate::owned::command::{Change, ChangeError, Command, OwnedJob};
use crate::owned::mailbox::Mailbox;
use crate::owned::reply::Reply;
use crate::owned::statistics::NodeStatistics;

/// Commands a [`NodeThread`](crate::NodeThread). Clones command the same node.
///
/// What is replied to is called exactly once: on the node's thread, or, where the node has ended or the
/// command is refused at once, on the caller's. It is to be short, must not panic, and must not wait for
/// the node.
#[derive(Clone, Debug)]
pub struct Handle {
    mailbox: Arc<Mailbox>,
    waker: Waker,
}

impl Handle {
    pub(crate) fn new(mailbox: Arc<Mailbox>, waker: Waker) -> Self {
        Self { mailbox, waker }
    }

    /// Takes a job: as [`Node::submit`](crate::Node::submit). `to` is told how it ended, or why it did not
    /// begin.
    pub fn submit(
        &self,
        job: OwnedJob,
        to: impl FnOnce(Result<Completed, SubmitError>) + Send + 'static,
    ) -> Ticket {
        let ticket = self.mailbox.submit(job, Reply::new(to));
        self.waker.wake();
        ticket
    }

    /// Stops a job that nobody wants any more: as [`Node::cancel`](crate::Node::cancel). It is answered as
    /// every job is.
    pub fn cancel(&self, ticket: Ticket) {
        self.send(Command::Cancel { ticket });
    }

    /// Changes the deployed services. `to` is told which service that was, or why nothing was changed.
    pub fn change(
        &self,
        change: Change,
        to: impl FnOnce(Result<ServiceId, ChangeError>) + Send + 'static,
    ) {
        self.send(Command::Change { change, to: Reply::new(to) });
    }

    /// Refuses jobs from now on. `to` is called when all that were accepted are answered.
    pub fn drain(&self, to: impl FnOnce() + Send + 'static) {
        self.send(Command::Drain { to: Reply::new(|_| to()) });
    }

    /// Tells what the node's thread has counted; `None` if the node has ended.
    pub fn statistics(&self, to: impl FnOnce(Option<NodeStatistics>) + Send + 'static) {
        self.send(Command::Tell { to: Reply::new(to) });
    }

    /// Tells what the node knows of each of `services`: of none, and of one that it has not, `None`. If the node has
    /// ended, that is of nobody.
    pub fn service_statistics(
        &self,
        services: Vec<Option<ServiceId>>,
        to: impl FnOnce(Vec<Option<ServiceStatistics>>) + Send + 'static,
    ) {
        self.send(Command::TellOfServices { services, to: Reply::new(to) });
    }

    /// Lets the node end.
    pub(crate) fn close(&self) {
        self.mailbox.close();
        self.waker.wake();
    }

    fn send(&self, command: Command) {
        self.mailbox.send(command);
        self.waker.wake();
    }
}
