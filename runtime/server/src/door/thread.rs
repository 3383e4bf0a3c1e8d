//! The thread that owns the node.

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

use mote_dispatcher::{Completed, Job, Node, NodeConfig, NodeError, SubmitError, Ticket};

use super::{Command, Order, To};

/// Starts the node, and returns when its workers are ready.
pub(super) fn start(config: &NodeConfig, commands: Receiver<Command>) -> Result<(), NodeError> {
    let config = config.clone();
    let (started, wait) = mpsc::sync_channel(1);
    let run = move || match Node::start(&config) {
        Ok(node) => {
            let _ = started.send(Ok(()));
            Owner { node, commands, waiting: HashMap::new() }.run();
        }
        Err(error) => {
            let _ = started.send(Err(error));
        }
    };
    let system = |source: io::Error| NodeError::System { what: "start the node's thread", source };
    thread::Builder::new().name("node".to_owned()).spawn(run).map_err(system)?;
    wait.recv().expect("the thread says how the start went")
}

/// The node, and who waits for its invocations.
struct Owner {
    node: Node,
    commands: Receiver<Command>,
    waiting: HashMap<Ticket, To<Result<Completed, SubmitError>>>,
}

impl Owner {
    /// Until the door is gone.
    fn run(mut self) {
        while let Some(command) = self.next() {
            match command {
                Some(command) => self.obey(command),
                None => self.turn(),
            }
        }
    }

    /// The next command. While invocations are under way it is not waited for.
    fn next(&self) -> Option<Option<Command>> {
        if self.waiting.is_empty() {
            return self.commands.recv().ok().map(Some);
        }
        match self.commands.try_recv() {
            Ok(command) => Some(Some(command)),
            Err(TryRecvError::Empty) => Some(None),
            Err(TryRecvError::Disconnected) => None,
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            // Who asked may have gone; then nobody wants the answer.
            Command::Deploy { name, image, to } => drop(to.send(self.node.deploy(&name, image))),
            Command::Invoke { order, to } => self.invoke(&order, to),
            // One that is running stays where it is.
            Command::Remove { service } => drop(self.node.evict(service)),
        }
    }

    fn invoke(&mut self, order: &Order, to: To<Result<Completed, SubmitError>>) {
        match self.node.submit(job(order)) {
            Ok(ticket) => {
                self.waiting.insert(ticket, to);
            }
            Err(error) => drop(to.send(Err(error))),
        }
    }

    fn turn(&mut self) {
        if let Some(completed) = self.node.poll()
            && let Some(to) = self.waiting.remove(&completed.ticket)
        {
            drop(to.send(Ok(completed)));
        }
    }
}

fn job(order: &Order) -> Job<'_> {
    Job {
        service: order.service,
        body: &order.body,
        mode: order.settings.mode,
        heap: order.settings.heap,
        budget_us: order.settings.budget_us.get(),
        grace_us: order.settings.grace_us,
        memory_kib: order.settings.memory_kib,
    }
}
