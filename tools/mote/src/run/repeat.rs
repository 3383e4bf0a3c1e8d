//! Invoking again and again, each time when one has ended.

use anyhow::anyhow;
use mote_dispatcher::{Completed, Job, Node};

use crate::status::{Failure, OrStatus as _, Status};

/// Invokes `times` times with at most `at_once` under way, and hands every completion to `each`.
///
/// # Errors
/// The node's, and what `each` returns; invocations under way are then left to the node.
pub(crate) fn closed_loop(
    node: &mut Node,
    job: Job<'_>,
    times: u64,
    at_once: u64,
    mut each: impl FnMut(&Completed) -> anyhow::Result<()>,
) -> Result<(), Failure> {
    let mut submitted = 0;
    for ended in 0..times {
        while submitted < times && submitted - ended < at_once {
            node.submit(job).or_status(Status::NodeFailed, || "the node refuses the request")?;
            submitted += 1;
        }
        each(&next(node)?)?;
    }
    Ok(())
}

fn next(node: &mut Node) -> Result<Completed, Failure> {
    node.wait().ok_or_else(|| Failure {
        status: Status::NodeFailed,
        error: anyhow!("the node has nothing under way although an invocation has not ended"),
    })
}
