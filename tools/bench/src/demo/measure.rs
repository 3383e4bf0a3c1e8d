//! Running one case: its invocations, one after the other, and what they add up to.

use mote_dispatcher::Completed;

use super::node::DemoNode;
use super::plan::{Case, STAMPS_ITSELF, Timed};
use super::results::Row;
use crate::error::Error;

/// Runs the case's invocations in a closed loop, after some that do not count.
pub(super) fn case(node: &mut DemoNode, case: &Case) -> Result<Row, Error> {
    let mut row = Row::new(case);
    for invocation in 0..case.warm_up() + case.samples {
        if case.timed == Timed::Cold {
            node.evict(case)?;
        }
        let completed = node.invoke(case)?;
        if invocation >= case.warm_up() {
            row.add(&completed, time_ns(case, &completed));
        }
        if matches!(case.timed, Timed::Lateness | Timed::Total) {
            node.ask_for_the_next()?;
        }
    }
    Ok(row)
}

/// The time that the case is about; `None` if this invocation did not have it.
fn time_ns(case: &Case, completed: &Completed) -> Option<u64> {
    match case.timed {
        Timed::Warm | Timed::Cold if case.service == STAMPS_ITSELF => own_stamp_ns(completed),
        Timed::Warm | Timed::Cold => completed.latency_ns,
        Timed::Lateness => completed.late_ns,
        Timed::Total => Some(completed.total_ns),
    }
}

/// From the dispatcher's stamp to the one that the service took itself and returned.
fn own_stamp_ns(completed: &Completed) -> Option<u64> {
    let stamp_ns = u64::from_le_bytes(completed.body.as_slice().try_into().ok()?);
    stamp_ns.checked_sub(completed.stamp_ns)
}
