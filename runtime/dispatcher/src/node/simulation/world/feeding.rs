//! Who gets a worker, and whether that is fair.

use std::collections::BTreeSet;

use crate::images::residency::Use;
use crate::job::ids::{ServiceId, TenantId};
use crate::job::request::{Request, Waiting};
use crate::node::simulation::bug::Bug;
use crate::node::simulation::world::{MAX_RUNNING, TENANTS, WORKERS, World};

const DEPTH: usize = 2;

/// How often others may go before a tenant whose jobs wait and may run.
const MOST_PASSED_OVER: u32 = 2 * TENANTS as u32 + 2;

impl World {
    /// Gives one more job to a worker. False if there is none, or no room.
    pub(super) fn feed(&mut self) -> Result<bool, String> {
        let now_ns = self.now_ns;
        let there = (0..WORKERS).filter(|&it| self.workers[it].vacant_until_ns <= now_ns);
        let Some(worker) = there.min_by_key(|&it| self.workers[it].ring.len()) else {
            return Ok(false);
        };
        if self.workers[worker].ring.len() >= DEPTH {
            return Ok(false);
        }
        let Some(next) = self.next()? else { return Ok(false) };
        let request = next.request;
        if !self.place(request.spec.service)? {
            self.queue.put_back(next);
            return Ok(false);
        }
        if request.start_by_ns <= now_ns {
            return Err(format!("{:?} was to start by {}", request.ticket, request.start_by_ns));
        }
        self.check_limit(&request)?;
        self.queue.shares.started(&request.spec);
        self.journal.give(request.ticket, worker);
        self.waiting.remove(&request.ticket);
        self.workers[worker].ring.push_back(request);
        Ok(true)
    }

    fn next(&mut self) -> Result<Option<Waiting>, String> {
        let has_returned =
            self.queue.select().is_some_and(|it| self.starts.contains_key(&it.ticket));
        let next = if self.has(Bug::FeedsInOrder) {
            let first = self.waiting.first().copied();
            first.and_then(|first| self.queue.remove(first))
        } else {
            self.queue.pop()
        };
        if let Some(next) = &next
            && !has_returned
        {
            self.check_turns(next.request.spec.tenant)?;
        }
        Ok(next)
    }

    /// `tenant` went: how often did others wait?
    fn check_turns(&mut self, tenant: TenantId) -> Result<(), String> {
        self.passed_over.insert(tenant, 0);
        for other in (0..TENANTS as u16).map(TenantId).filter(|it| *it != tenant) {
            let waits = self.queue.select_of(other).is_some();
            let passed = self.passed_over.entry(other).or_default();
            *passed = if waits { *passed + 1 } else { 0 };
            if *passed > MOST_PASSED_OVER {
                return Err(format!("{other:?} was passed over {passed} times"));
            }
        }
        Ok(())
    }

    /// A tenant has no more on workers than it may; one that lost its worker is admitted whatever there is.
    fn check_limit(&self, next: &Request) -> Result<(), String> {
        let is_limited = next.spec.tenant == TenantId(1) && !next.is_retry;
        let rings = self.workers.iter().flat_map(|worker| &worker.ring);
        let running = rings.filter(|it| it.spec.tenant == TenantId(1) && !it.is_retry).count();
        if is_limited && running > MAX_RUNNING + DEPTH {
            return Err("a tenant has more on workers than it may".to_owned());
        }
        Ok(())
    }

    fn place(&mut self, service: ServiceId) -> Result<bool, String> {
        if self.resident.contains(&service) {
            self.used.insert(service);
            return Ok(true);
        }
        while !self.residency.fits(1) {
            let rings = self.workers.iter().flat_map(|worker| &worker.ring);
            let inside: BTreeSet<ServiceId> = rings.map(|request| request.spec.service).collect();
            let is_idle = |it| !inside.contains(&it) || self.bug == Some(Bug::UnloadsWhatRuns);
            let used = &mut self.used;
            let ask = |it| Use { was_used: used.remove(&it), is_idle: is_idle(it) };
            let Some(victim) = self.residency.victim(ask) else { return Ok(false) };
            if inside.contains(&victim) {
                return Err(format!("{victim:?} runs, and was unloaded"));
            }
            self.residency.remove(victim);
            self.resident.remove(&victim);
        }
        self.residency.add(service, 1);
        self.resident.insert(service);
        Ok(true)
    }
}
