//! The thread that owns the node.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

use mote_dispatcher::{Completed, Job, Node, NodeError, Ticket, now_ns};

use super::command::{Command, NotRun, Order, To};
use super::queue::Queue;
use crate::config::node::NodeSection;
use crate::metrics::function::FunctionMetrics;

/// Starts the node, and returns when its workers are ready.
pub(super) fn start(config: &NodeSection, commands: Receiver<Command>) -> Result<(), NodeError> {
    let config = config.clone();
    let (started, wait) = mpsc::sync_channel(1);
    let run = move || match Node::start(&config.config()) {
        Ok(node) => {
            let _ = started.send(Ok(()));
            Owner::new(node, commands, config).run();
        }
        Err(error) => {
            let _ = started.send(Err(error));
        }
    };
    let system = |source: io::Error| NodeError::System { what: "start the node's thread", source };
    thread::Builder::new().name("node".to_owned()).spawn(run).map_err(system)?;
    wait.recv().expect("the thread says how the start went")
}

/// A request, and who waits for its answer.
type Asked = (Order, To<Result<Completed, NotRun>>);

/// An invocation under way.
struct Running {
    arrived_ns: u64,
    metrics: Arc<FunctionMetrics>,
    to: To<Result<Completed, NotRun>>,
}

/// The node, and who waits for what.
struct Owner {
    node: Node,
    commands: Receiver<Command>,
    config: NodeSection,
    /// Requests that the node has no room for yet.
    queue: Queue<Asked>,
    running: HashMap<Ticket, Running>,
    at_once: usize,
}

impl Owner {
    fn new(node: Node, commands: Receiver<Command>, config: NodeSection) -> Self {
        let queue = Queue::new(config.queue_limit, config.queue_timeout_ns());
        let at_once = config.at_once();
        Self { node, commands, config, queue, running: HashMap::new(), at_once }
    }

    /// Until the door is gone.
    fn run(mut self) {
        while let Some(command) = self.next() {
            match command {
                Some(command) => self.obey(command),
                None => self.tick(),
            }
        }
    }

    /// The next command. While invocations are under way it is not waited for.
    fn next(&self) -> Option<Option<Command>> {
        if self.running.is_empty() && self.queue.is_empty() {
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
            Command::Invoke { order, to } => self.invoke((order, to)),
            // One that is running stays where it is.
            Command::Remove { service } => drop(self.node.evict(service)),
            Command::Ban { service, is_banned, to } => {
                drop(to.send(self.node.set_banned(service, is_banned)));
            }
            Command::Statistics { services, to } => {
                let known = |service: &Option<_>| self.node.service_statistics((*service)?);
                drop(to.send(services.iter().map(|it| known(it).unwrap_or_default()).collect()));
            }
        }
    }

    /// Runs it, or lets it wait behind others.
    fn invoke(&mut self, asked: Asked) {
        if self.queue.is_empty() && self.running.len() < self.at_once {
            return self.submit(asked);
        }
        if let Err((_, to)) = self.queue.push(asked, now_ns()) {
            let limit = self.config.queue_limit;
            drop(to.send(Err(NotRun::QueueFull { limit })));
        }
    }

    fn submit(&mut self, (order, to): Asked) {
        match self.node.submit(job(&order)) {
            Ok(ticket) => {
                let Order { arrived_ns, metrics, .. } = order;
                self.running.insert(ticket, Running { arrived_ns, metrics, to });
            }
            Err(error) => drop(to.send(Err(error.into()))),
        }
    }

    fn tick(&mut self) {
        if let Some(completed) = self.node.poll()
            && let Some(Running { arrived_ns, metrics, to }) =
                self.running.remove(&completed.ticket)
        {
            metrics.add(&completed, completed.stamp_ns.saturating_sub(arrived_ns));
            drop(to.send(Ok(completed)));
        }
        if !self.queue.is_empty() {
            self.expire();
            self.feed();
        }
    }

    fn expire(&mut self) {
        let waited_ms = self.config.queue_timeout_ms;
        while let Some((_, to)) = self.queue.pop_expired(now_ns()) {
            drop(to.send(Err(NotRun::Expired { waited_ms })));
        }
    }

    /// Runs the first that wait. Of those whose clients have gone, nothing runs.
    fn feed(&mut self) {
        while self.running.len() < self.at_once {
            let Some(asked) = self.queue.pop() else { return };
            if !asked.1.is_closed() {
                self.submit(asked);
            }
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
