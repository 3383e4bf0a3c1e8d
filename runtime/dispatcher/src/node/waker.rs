//! Wakes the thread of a node that waits.

use std::sync::Arc;

use crate::pool::bell::Bell;

/// Ends the [`Node::wait_or_wake`](crate::Node::wait_or_wake) of a node, from any thread: the one that is
/// under way, or else the next one.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Bell>);

impl Waker {
    pub(crate) fn new(bell: Arc<Bell>) -> Self {
        Self(bell)
    }

    /// Wakes the node's thread. Costs a system call only if that sleeps.
    pub fn wake(&self) {
        self.0.ring();
    }
}
