//! Programs on a node that disturbs nobody: each must end as it does natively, on either heap.

use std::thread;

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, Node, NodeConfig, ServiceId, Source};

use super::batch::Batch;
use super::native::Ended;
use super::sweep::MEMORY_KIB;
use crate::error::Error;

/// No program comes near.
const AMPLE_US: u32 = 10_000_000;

/// How each of `batch` ends, on each heap.
///
/// # Errors
/// The node does not start, or refuses the image.
pub(super) fn run(batch: &Batch) -> Result<Vec<[Ended; 2]>, Error> {
    // A node takes the processor of the thread that starts it.
    thread::scope(|scope| scope.spawn(|| on_a_node(batch)).join().expect("nothing panics there"))
}

fn on_a_node(batch: &Batch) -> Result<Vec<[Ended; 2]>, Error> {
    let config =
        NodeConfig { workers: 1, spin_us: 0, source: Source::Signal, ..NodeConfig::default() };
    let mut node = Node::start(&config)?;
    let service = node.deploy("programs", batch.image.clone())?;
    let numbers = 0..batch.programs.len();
    let mut one = |number, heap| invoke(&mut node, service, number, heap);
    numbers.map(|number| Ok([one(number, Heap::Bump)?, one(number, Heap::General)?])).collect()
}

fn invoke(node: &mut Node, service: ServiceId, number: usize, heap: Heap) -> Result<Ended, Error> {
    let completed = node.invoke(Job {
        service,
        body: number.to_string().as_bytes(),
        mode: Mode::Guarded,
        heap,
        budget_us: AMPLE_US,
        grace_us: AMPLE_US,
        memory_kib: MEMORY_KIB,
    })?;
    Ok(ended(&completed))
}

fn ended(completed: &Completed) -> Ended {
    let answer = match (&completed.error, completed.outcome) {
        (None, Outcome::Ok) => String::from_utf8_lossy(&completed.body).into_owned(),
        (said, _) => said.clone().unwrap_or_default(),
    };
    Ended {
        outcome: completed.outcome,
        live_tokens: completed.tokens.reclaimed,
        answer: answer.escape_debug().to_string(),
    }
}
