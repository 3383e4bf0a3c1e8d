//! Services that wait for upstreams: suspended at the call while others run, and going on with the reply.

mod backend;
mod endings;
mod forged;
mod replies;
mod workers;

use mote_abi::outcome::{Heap, Mode};
use mote_dispatcher::{Completed, Job, NodeConfig, ServiceId, Ticket};
use mote_tests::{AMPLE_US, TestNode};

const MODES: [Mode; 3] = [Mode::Guarded, Mode::Inject, Mode::Discard];

fn waiting(waiting: usize) -> NodeConfig {
    NodeConfig { waiting, wait_limit_ms: 60_000, ..NodeConfig::default() }
}

fn job(service: ServiceId, body: &str) -> Job<'_> {
    Job {
        service,
        body: body.as_bytes(),
        mode: Mode::Guarded,
        heap: Heap::Bump,
        budget_us: AMPLE_US,
        grace_us: AMPLE_US,
        memory_kib: 4096,
    }
}

/// A node, its services `asks` and `hello`, and a backend that it asks.
fn node(config: &NodeConfig) -> (TestNode, backend::Backend) {
    let backend = backend::Backend::start();
    let mut node = TestNode::start(config);
    node.set_upstreams(Box::new(backend.driver()));
    node.service("asks");
    node.service("hello");
    (node, backend)
}

/// Ticks until `is_there`, which must be before anything ends.
fn tick_until(node: &mut TestNode, mut is_there: impl FnMut(&TestNode) -> bool) {
    while !is_there(node) {
        assert_eq!(node.poll(), None);
    }
}

/// Submits a job that holds at the backend, and waits until it does.
fn held(node: &mut TestNode, backend: &backend::Backend, job: Job<'_>) -> Ticket {
    let before = backend.holds();
    let ticket = node.submit(job).unwrap();
    tick_until(node, |_| backend.holds() > before);
    ticket
}

fn text(completed: &Completed) -> &str {
    std::str::from_utf8(&completed.body).unwrap()
}
