//! Jobs that wait for upstreams: asking, and going on with replies.

use crate::node::Node;
use crate::upstream::UpstreamDriver;

impl Node {
    /// Gives the node someone who talks to backends; before, all that services call is refused as
    /// [`NotGranted`](crate::CallError::NotGranted). Services can wait for replies only with
    /// [`NodeConfig::waiting`](crate::NodeConfig::waiting).
    pub fn set_upstreams(&mut self, driver: Box<dyn UpstreamDriver>) {
        self.upstreams.set_driver(driver);
    }

    /// Asks what jobs have begun to wait for, and lets those go on that have their replies or have waited for too
    /// long.
    pub(super) fn tend_upstreams(&mut self, now_ns: u64) {
        for called in self.events.called.drain(..) {
            self.upstreams.begin(called);
        }
        while let Some(answer) = self.upstreams.next_answer() {
            self.pool.answer(answer.worker, answer.ticket, answer.replies);
        }
        while let Some((worker, ticket)) = self.upstreams.pop_expired(now_ns) {
            self.pool.end_wait(worker, ticket);
        }
    }
}
