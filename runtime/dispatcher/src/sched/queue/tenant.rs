//! The waiting jobs of one tenant: a lane for each of its services. Pure.

use std::collections::{BTreeMap, HashMap};

use crate::job::ids::{ServiceId, Ticket};
use crate::job::request::{Request, Waiting};
use crate::sched::fairness::RoundRobin;
use crate::sched::queue::shares::Shares;

#[derive(Debug, Default)]
pub(super) struct Tenant {
    lanes: HashMap<ServiceId, BTreeMap<Ticket, Waiting>>,
    turns: RoundRobin<ServiceId>,
    /// In all lanes.
    len: usize,
    selected: Option<ServiceId>,
}

impl Tenant {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn len_of(&self, service: ServiceId) -> usize {
        self.lanes.get(&service).map_or(0, BTreeMap::len)
    }

    pub(super) fn put(&mut self, service: ServiceId, weight: u32, waiting: Waiting) {
        self.lanes.entry(service).or_default().insert(waiting.request.ticket, waiting);
        self.turns.join(service, weight);
        self.len += 1;
    }

    /// Selects the service whose turn it is, of those that may have a worker; tells what its next job costs.
    pub(super) fn select(&mut self, shares: &Shares) -> Option<u64> {
        let cost_us = |service| shares.may_run(service).then(|| shares.cost_us(service));
        self.selected = self.turns.select(cost_us);
        self.selected.and_then(cost_us)
    }

    /// The first job of the selected service.
    pub(super) fn first(&self) -> Option<&Request> {
        let lane = self.lanes.get(&self.selected?)?;
        lane.first_key_value().map(|(_, first)| &first.request)
    }

    pub(super) fn charge(&mut self, service: ServiceId, cost_us: u64) {
        self.turns.charge(service, cost_us);
    }

    pub(super) fn remove(&mut self, service: ServiceId, ticket: Ticket) -> Option<Waiting> {
        let lane = self.lanes.get_mut(&service)?;
        let waiting = lane.remove(&ticket)?;
        self.len -= 1;
        if lane.is_empty() {
            self.lanes.remove(&service);
            self.turns.leave(service);
        }
        Some(waiting)
    }
}
