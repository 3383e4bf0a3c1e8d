//! Batches: where a worker serves one tenant, it takes jobs of that tenant ahead of those that wait for another
//! worker, so that it is replaced seldom.
//!
//! ```text
//!  queue: B1 A2 A3 B4 ─ the worker is A's ─▶ A2 A3 │ B1 has waited for batch_us: no more │ spare ─▶ B1 B4
//! ```

use crate::job::request::Request;
use crate::node::Node;

impl Node {
    /// Gives a worker with room the first job of whom it serves, because nobody can take the `first` of all. When
    /// that one has waited for [`NodeConfig::batch_us`](crate::NodeConfig::batch_us), the worker that is idle
    /// soonest takes no more. False if nobody takes any.
    pub(super) fn feed_batch(&mut self, first: &Request, now_ns: u64) -> bool {
        let Some(batch_ns) = self.batch_ns else { return false };
        let is_over = now_ns.saturating_sub(first.submitted_ns) >= batch_ns;
        let emptied = if is_over { self.pool.least_loaded() } else { None };
        for slot in self.pool.slots().filter(|&slot| Some(slot) != emptied) {
            let Some(tenant) = self.pool.tenant_with_room(slot) else { continue };
            let Some(first) = self.queue.select_of(tenant) else { continue };
            let Some(line) = self.pool.line_of(slot, &first, now_ns) else { continue };
            let Some(next) = self.queue.take(first.ticket) else { continue };
            let entered = self.services.enter(&next.request.spec, line.worker());
            let given = entered.map(|start| line.publish(next.request, start, &next.body));
            return self.settle(given.map(|()| slot), next);
        }
        false
    }
}
