//! What a node's thread does: commands, ticks, answers.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::images::deployment::Deployment;
use crate::images::error::PlaceError;
use crate::job::completed::Completed;
use crate::job::ids::{ServiceId, Ticket};
use crate::node::Node;
use crate::node::error::SubmitError;
use crate::owned::command::{Change, Command, Drained, JobResult, OwnedJob};
use crate::owned::mailbox::Mailbox;
use crate::owned::reply::Reply;
use crate::owned::statistics::NodeStatistics;
use crate::sys::clock::about_now_ns;

/// Commands that are obeyed before the workers are looked at again.
const COMMANDS_PER_TICK: usize = 16;

#[derive(Debug)]
pub(crate) struct Owner {
    node: Node,
    mailbox: Arc<Mailbox>,
    /// Taken from the mailbox and not obeyed yet.
    commands: VecDeque<Command>,
    /// Who waits for which job.
    waiting: HashMap<Ticket, Reply<JobResult>>,
    /// Who waits until none is left. Jobs are refused from the first on.
    drains: Vec<Reply<Drained>>,
    is_draining: bool,
    statistics: NodeStatistics,
}

impl Owner {
    pub(crate) fn new(node: Node, mailbox: Arc<Mailbox>) -> Self {
        Self {
            node,
            mailbox,
            commands: VecDeque::new(),
            waiting: HashMap::new(),
            drains: Vec::new(),
            is_draining: false,
            statistics: NodeStatistics::default(),
        }
    }

    /// Until the mailbox is closed. Whoever waits then is told so by the dropping of replies.
    pub(crate) fn run(mut self) {
        while !self.mailbox.is_closed() {
            let began_ns = about_now_ns();
            self.obey_some();
            self.end_drains();
            self.note_time_since(began_ns);
            let ended = if self.commands.is_empty() {
                self.node.wait_or_wake(u64::MAX)
            } else {
                self.node.poll()
            };
            if let Some(completed) = ended {
                self.answer(completed);
            }
        }
    }

    fn obey_some(&mut self) {
        if self.commands.is_empty() {
            self.mailbox.take(&mut self.commands);
        }
        for _ in 0..COMMANDS_PER_TICK {
            let Some(command) = self.commands.pop_front() else { return };
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Submit { ticket, job, to } => self.submit(ticket, &job, to),
            Command::Cancel { ticket } => {
                // One that has ended is answered already.
                self.node.cancel(ticket);
            }
            Command::Change { change, to } => {
                to.send(change_services(&mut self.node, change).map_err(Into::into));
            }
            Command::Drain { to } => {
                self.is_draining = true;
                self.drains.push(to);
            }
            Command::TellOfServices { services, to } => {
                let known = |service: Option<_>| self.node.service_statistics(service?);
                to.send(services.into_iter().map(known).collect());
            }
            Command::Tell { to } => to.send(Some(self.told())),
        }
    }

    fn submit(&mut self, ticket: Ticket, job: &OwnedJob, to: Reply<JobResult>) {
        let refused = if self.is_draining {
            Err(SubmitError::Draining)
        } else {
            self.node.submit_as(ticket, job.job(), job.options())
        };
        match refused {
            Ok(()) => {
                self.statistics.accepted += 1;
                self.waiting.insert(ticket, to);
            }
            Err(error) => {
                self.statistics.refused += 1;
                to.send(Err(error));
            }
        }
    }

    fn answer(&mut self, completed: Completed) {
        self.statistics.answered += 1;
        if let Some(to) = self.waiting.remove(&completed.ticket) {
            to.send(Ok(completed));
        }
    }

    fn end_drains(&mut self) {
        if self.is_draining && self.waiting.is_empty() {
            self.drains.drain(..).for_each(|to| to.send(Drained));
        }
    }

    fn told(&self) -> NodeStatistics {
        let longest_tick_ns = self.statistics.longest_tick_ns.max(self.node.longest_tick_ns());
        let worker_pids = self.node.worker_pids();
        let images_resident = self.node.images_resident();
        let images_unloaded = self.node.images_unloaded();
        NodeStatistics {
            longest_tick_ns,
            images_resident,
            images_unloaded,
            worker_pids,
            ..self.statistics
        }
    }

    fn note_time_since(&mut self, began_ns: u64) {
        let took_ns = about_now_ns().saturating_sub(began_ns);
        let longest_ns = &mut self.statistics.longest_tick_ns;
        *longest_ns = (*longest_ns).max(took_ns);
    }
}

/// Also when something panicked: then nobody takes commands any more.
impl Drop for Owner {
    fn drop(&mut self) {
        self.mailbox.close();
    }
}

fn change_services(node: &mut Node, change: Change) -> Result<ServiceId, PlaceError> {
    match change {
        Change::Install { name, tenant, image } => {
            node.install(Deployment { name: &name, tenant }, image)
        }
        Change::Replace { service, image } => node.replace(service, image).map(|()| service),
        Change::RollBack { service } => node.roll_back(service).map(|()| service),
        Change::Remove { service } => node.remove(service).map(|()| service),
        Change::SetBanned { service, is_banned } => {
            node.set_banned(service, is_banned).map(|()| service)
        }
        Change::SetShare { service, share } => node.set_share(service, share).map(|()| service),
        Change::Place { service } => node.place(service).map(|()| service),
        Change::Evict { service } => node.evict(service).map(|()| service),
    }
}
