//! A node's thread, as who started it holds it.

use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use crate::config::NodeConfig;
use crate::node::Node;
use crate::node::error::NodeError;
use crate::owned::handle::Handle;
use crate::owned::mailbox::Mailbox;
use crate::owned::owner::Owner;

/// Jobs that may be on their way to the thread: as many as the node itself can hold.
fn most_jobs(config: &NodeConfig) -> usize {
    config.queue_limit + config.workers * config.ring_depth()
}

/// A node on a thread of its own. Dropping it ends both: what was not answered is answered with
/// [`SubmitError::NodeGone`](crate::SubmitError::NodeGone) before that returns. It is not to be dropped on the node's own thread.
///
/// ```no_run
/// use mote_dispatcher::{Change, NodeConfig, NodeThread, TenantId, VerifiedImage};
///
/// let node = NodeThread::start(NodeConfig::default())?;
/// let image = VerifiedImage::new("hello", &std::fs::read("hello.image")?)?;
/// let install = Change::Install { name: "hello".into(), tenant: TenantId::default(), image };
/// node.handle().change(install, |installed| println!("{installed:?}"));
/// node.drain();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct NodeThread {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

impl NodeThread {
    /// Starts a node, and returns when all its workers are ready.
    ///
    /// # Errors
    /// As [`Node::start`], or there is no thread for it.
    pub fn start(config: NodeConfig) -> Result<Self, NodeError> {
        let (started, wait) = mpsc::sync_channel(1);
        let run = move || match Node::start(&config) {
            Ok(node) => {
                let mailbox = Arc::new(Mailbox::new(most_jobs(&config)));
                let handle = Handle::new(Arc::clone(&mailbox), node.waker());
                // Whoever starts it waits for this.
                let _ = started.send(Ok(handle));
                Owner::new(node, mailbox).run();
            }
            Err(error) => {
                let _ = started.send(Err(error));
            }
        };
        let thread = thread::Builder::new().name("mote-node".to_owned()).spawn(run);
        let thread = thread.map_err(NodeError::system("start the node's thread"))?;
        let handle = wait.recv().expect("the thread says how the start went")?;
        Ok(Self { handle, thread: Some(thread) })
    }

    /// The way to it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Refuses jobs from now on, and returns when all that were accepted are answered and the node has ended.
    pub fn drain(self) {
        let (to, drained) = mpsc::sync_channel(1);
        self.handle.drain(move || {
            // Who waits is below.
            let _ = to.send(());
        });
        drained.recv().expect("a drain is always replied to");
    }
}

impl Drop for NodeThread {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            // What it panicked with, if it did, was printed; its answers were given by being dropped.
            let _ = thread.join();
        }
    }
}
