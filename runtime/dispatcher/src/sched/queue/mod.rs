//! The jobs that wait for a worker: bounded, fair between tenants and between the services of each, and not for
//! ever. Pure.
//!
//! ```text
//!  put ─▶ tenant ─▶ service ─▶ in the order of tickets ─▶ select, pop      (turns: [`fairness`])
//!                                  └─▶ pop_expired, remove
//!  put_back: a job that had a worker goes before all others
//! ```
//!
//! [`fairness`]: crate::sched::fairness

pub(crate) mod shares;
mod tenant;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Display;

use mote_abi::outcome::Outcome;

use crate::job::completed::{Completed, Ending};
use crate::job::ids::{ServiceId, TenantId, Ticket};
use crate::job::request::{Request, Waiting};
use crate::sched::fairness::RoundRobin;
use crate::sched::queue::shares::Shares;
use crate::sched::queue::tenant::Tenant;

/// No more jobs may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueFull {
    pub(crate) limit: usize,
}

#[derive(Debug)]
pub(crate) struct Queue {
    /// Those that had a worker: they go first.
    returned: BTreeMap<Ticket, Waiting>,
    /// The others, of tenants that have any.
    tenants: HashMap<TenantId, Tenant>,
    turns: RoundRobin<TenantId>,
    /// All of them, in the order of their submission.
    places: BTreeMap<Ticket, Place>,
    /// Those that do not wait for ever, by when they must start.
    deadlines: BTreeSet<(u64, Ticket)>,
    limit: usize,
    pub(crate) shares: Shares,
}

/// Where a job waits.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Whose lane it is in; `None` for one that had a worker.
    lane: Option<(TenantId, ServiceId)>,
    submitted_ns: u64,
}

/// Room for one more job.
#[derive(Debug)]
pub(crate) struct Room<'a>(&'a mut Queue);

impl Queue {
    /// A queue of at most `limit` jobs, which tenants share so.
    pub(crate) fn new(limit: usize, shares: Shares) -> Self {
        Self {
            returned: BTreeMap::new(),
            tenants: HashMap::new(),
            turns: RoundRobin::default(),
            places: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            limit,
            shares,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Room for one more job of these, unless that would be too many.
    pub(crate) fn room(
        &mut self,
        tenant: TenantId,
        service: ServiceId,
    ) -> Result<Room<'_>, QueueFull> {
        let of_tenant = self.tenants.get(&tenant);
        let queued = [
            (self.places.len(), self.limit),
            (of_tenant.map_or(0, Tenant::len), self.shares.of_tenant(tenant).max_queued),
            (
                of_tenant.map_or(0, |it| it.len_of(service)),
                self.shares.of_service(service).max_queued,
            ),
        ];
        match queued.into_iter().find(|(queued, limit)| queued >= limit) {
            Some((_, limit)) => Err(QueueFull { limit }),
            None => Ok(Room(self)),
        }
    }

    /// A job of `tenant` that a worker had ended.
    #[inline]
    pub(crate) fn note_end(&mut self, tenant: TenantId, ended: &Completed) {
        self.shares.left(tenant, ended.service);
        if !self.is_empty() {
            self.shares.learn(ended.service, ended.ran_us());
        }
    }

    /// Since when the longest waits; `u64::MAX` if none does.
    pub(crate) fn first_ns(&self) -> u64 {
        self.places.first_key_value().map_or(u64::MAX, |(_, place)| place.submitted_ns)
    }

    /// The one whose turn it is, of those that may have a worker.
    pub(crate) fn select(&mut self) -> Option<Request> {
        if let Some((_, first)) = self.returned.first_key_value() {
            return Some(first.request);
        }
        let Self { tenants, turns, shares, .. } = self;
        let selected = turns.select(|tenant| {
            let may_run = shares.may_run_of(tenant);
            tenants.get_mut(&tenant).filter(|_| may_run)?.select(shares)
        });
        self.tenants.get(&selected?)?.first().copied()
    }

    /// The same of the jobs of `tenant` alone.
    pub(crate) fn select_of(&mut self, tenant: TenantId) -> Option<Request> {
        let mut returned = self.returned.values().map(|waiting| waiting.request);
        if let Some(first) = returned.find(|request| request.spec.tenant == tenant) {
            return Some(first);
        }
        let lanes = self.tenants.get_mut(&tenant)?;
        if !self.shares.may_run_of(tenant) {
            return None;
        }
        lanes.select(&self.shares)?;
        lanes.first().copied()
    }

    /// Takes the one whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        let ticket = self.select()?.ticket;
        self.take(ticket)
    }

    /// Takes a job that was selected, which costs its tenant and its service some of their turns.
    pub(crate) fn take(&mut self, ticket: Ticket) -> Option<Waiting> {
        if let Some((tenant, service)) = self.places.get(&ticket)?.lane {
            let cost_us = self.shares.cost_us(service);
            self.turns.charge(tenant, cost_us);
            self.tenants.get_mut(&tenant)?.charge(service, cost_us);
        }
        self.remove(ticket)
    }

    /// A job that had a worker, and lost it or was refused there, goes first. It was admitted before, so limits
    /// do not hold for it.
    pub(crate) fn put_back(&mut self, waiting: Waiting) {
        self.note(&waiting.request, None);
        self.returned.insert(waiting.request.ticket, waiting);
    }

    fn put(&mut self, waiting: Waiting) {
        let request = &waiting.request;
        let (tenant, service) = (request.spec.tenant, request.spec.service);
        self.note(request, Some((tenant, service)));
        self.turns.join(tenant, self.shares.of_tenant(tenant).weight);
        let weight = self.shares.of_service(service).weight;
        self.tenants.entry(tenant).or_default().put(service, weight, waiting);
    }

    fn note(&mut self, request: &Request, lane: Option<(TenantId, ServiceId)>) {
        if request.start_by_ns < u64::MAX {
            self.deadlines.insert((request.start_by_ns, request.ticket));
        }
        let submitted_ns = request.submitted_ns;
        self.places.insert(request.ticket, Place { lane, submitted_ns });
    }

    /// Takes out the job with this ticket, if it waits.
    pub(crate) fn remove(&mut self, ticket: Ticket) -> Option<Waiting> {
        let waiting = match self.places.remove(&ticket)?.lane {
            None => self.returned.remove(&ticket)?,
            Some((tenant, service)) => self.remove_from(tenant, service, ticket)?,
        };
        self.deadlines.remove(&(waiting.request.start_by_ns, ticket));
        Some(waiting)
    }

    fn remove_from(
        &mut self,
        tenant: TenantId,
        service: ServiceId,
        ticket: Ticket,
    ) -> Option<Waiting> {
        let lanes = self.tenants.get_mut(&tenant)?;
        let waiting = lanes.remove(service, ticket);
        if lanes.len() == 0 {
            self.tenants.remove(&tenant);
            self.turns.leave(tenant);
        }
        waiting
    }

    /// When the next of them must have started; `u64::MAX` if all wait for ever.
    pub(crate) fn next_deadline_ns(&self) -> u64 {
        self.deadlines.first().map_or(u64::MAX, |&(start_by_ns, _)| start_by_ns)
    }

    /// Takes out one that cannot start in time any more.
    pub(crate) fn pop_expired(&mut self, now_ns: u64) -> Option<Waiting> {
        let &(start_by_ns, ticket) = self.deadlines.first()?;
        if start_by_ns > now_ns { None } else { self.remove(ticket) }
    }

    /// Takes out one and ends it, because nobody is left to run it.
    pub(crate) fn pop_lost(&mut self, why: impl Display) -> Option<Completed> {
        let ticket = *self.places.first_key_value()?.0;
        let waiting = self.remove(ticket)?;
        let why = format!("no worker is left to run it: {why}");
        Some(waiting.request.not_run(Ending::unreported(Outcome::WorkerLost, why)))
    }
}

impl Room<'_> {
    /// Puts a job behind all others of its service.
    pub(crate) fn push(self, request: Request, body: &[u8]) {
        self.0.put(Waiting { request, body: body.to_vec() });
    }
}

#[cfg(test)]
mod tests;
