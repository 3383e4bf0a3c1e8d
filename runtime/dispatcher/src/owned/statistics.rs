//! What a node's thread counts.

/// Counts of a node's thread since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeStatistics {
    /// Jobs that were accepted.
    pub accepted: u64,
    /// Jobs that were refused by the node itself: limits, bans, a full queue.
    pub refused: u64,
    /// Accepted jobs that were answered.
    pub answered: u64,
    /// The longest time that the thread took from one look at its workers to the next, in nanoseconds: so
    /// late may a deadline have been noticed. Time that the kernel gave to others is in it.
    pub longest_tick_ns: u64,
    /// As [`Node::images_resident`](crate::Node::images_resident).
    pub images_resident: u64,
    /// As [`Node::images_unloaded`](crate::Node::images_unloaded).
    pub images_unloaded: u64,
    /// The worker processes, as [`Node::worker_pids`](crate::Node::worker_pids).
    pub worker_pids: Vec<u32>,
}

impl NodeStatistics {
    /// Accepted jobs that have no answer yet.
    #[must_use]
    pub fn under_way(&self) -> u64 {
        self.accepted - self.answered
    }
}
