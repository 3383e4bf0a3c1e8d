//! The node, as asynchronous code sees it: commands in, answers out. One thread owns the node, and sleeps
//! while there is nothing to do.

mod command;
mod queue;
mod thread;

use std::sync::mpsc;

use mote_dispatcher::{
    Completed, DeployError, NodeError, PlaceError, ServiceId, ServiceStatistics,
};
use tokio::sync::oneshot;

use crate::config::node::NodeSection;
use command::Command;
pub(crate) use command::{NotRun, Order};

/// The way to a node. The node ends with it.
#[derive(Debug)]
pub(crate) struct Door {
    commands: mpsc::Sender<Command>,
}

impl Door {
    /// Starts a node on a thread of its own, and returns when it is ready.
    pub(crate) fn start(config: &NodeSection) -> Result<Self, NodeError> {
        let (commands, receiver) = mpsc::channel();
        thread::start(config, receiver)?;
        Ok(Self { commands })
    }

    /// Gives the node an image.
    pub(crate) async fn deploy(
        &self,
        name: &str,
        image: Vec<u8>,
    ) -> Result<ServiceId, DeployError> {
        let (to, answer) = oneshot::channel();
        self.send(Command::Deploy { name: name.to_owned(), image, to });
        answer.await.expect("the node answers every command while its door is open")
    }

    /// Runs a service once. Dropping the future takes it out of the queue, if it is there still.
    pub(crate) async fn invoke(&self, order: Order) -> Result<Completed, NotRun> {
        let (to, answer) = oneshot::channel();
        self.send(Command::Invoke { order, to });
        answer.await.expect("the node answers every command while its door is open")
    }

    /// Takes a service's place in memory back, unless it is running.
    pub(crate) fn remove(&self, service: ServiceId) {
        self.send(Command::Remove { service });
    }

    /// Bans what runs as `service`, or forgives it.
    pub(crate) async fn set_banned(
        &self,
        service: ServiceId,
        is_banned: bool,
    ) -> Result<(), PlaceError> {
        let (to, answer) = oneshot::channel();
        self.send(Command::Ban { service, is_banned, to });
        answer.await.expect("the node answers every command while its door is open")
    }

    /// What the node knows of services; of none, it knows nothing.
    pub(crate) async fn statistics(
        &self,
        services: Vec<Option<ServiceId>>,
    ) -> Vec<ServiceStatistics> {
        let (to, answer) = oneshot::channel();
        self.send(Command::Statistics { services, to });
        answer.await.expect("the node answers every command while its door is open")
    }

    fn send(&self, command: Command) {
        self.commands.send(command).expect("the node's thread ends after its door");
    }
}
