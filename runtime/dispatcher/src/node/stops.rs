//! Stops by breakpoints: who makes them, how they ended, and making them where nothing is due.

use crate::config::Source;
use crate::node::Node;
use crate::pool::stop::StopCounts;

impl Node {
    /// Who fires at the deadlines of each worker: [`NodeConfig::source`](crate::NodeConfig::source), or
    /// [`Source::Signal`] where that is [`Source::Breakpoint`] and cannot be used.
    #[must_use]
    pub fn worker_sources(&self) -> Vec<Source> {
        self.pool.sources()
    }

    /// How the dispatcher's stops ended since the node started.
    #[must_use]
    pub fn stop_counts(&self) -> StopCounts {
        self.pool.stop_counts()
    }

    /// Traps of the workers there are now on breakpoints that had been restored by then: a processor may fetch
    /// what was there a moment ago. They change nothing.
    #[must_use]
    pub fn stale_traps(&self) -> u64 {
        self.pool.stale_traps()
    }

    /// Stops what runs on worker `worker` by breakpoints, though nothing is due: it goes on when they are restored,
    /// which is when one was met, or after `poison_ns`. Does nothing if nothing runs there. For trying a
    /// processor: whatever the moment, no answer may change.
    pub fn disturb(&mut self, worker: usize, poison_ns: u64) {
        self.pool.disturb(worker, &mut self.services, poison_ns);
    }
}
