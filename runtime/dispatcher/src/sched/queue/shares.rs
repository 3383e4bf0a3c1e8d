//! What tenants and services may have, what of that they have now, and what their jobs cost. Pure.
//!
//! Jobs on workers are counted only where there is a limit for them: who has none pays nothing.

use std::collections::HashMap;

use crate::job::ids::{ServiceId, TenantId};
use crate::job::share::Share;
use crate::job::spec::JobSpec;
use crate::sched::fairness::QUANTUM_US;

#[derive(Debug, Default)]
pub(crate) struct Shares {
    tenants: HashMap<TenantId, Share>,
    services: HashMap<ServiceId, Share>,
    running_tenants: HashMap<TenantId, usize>,
    running_services: HashMap<ServiceId, usize>,
    /// What a job of a service took of a worker, of late, in microseconds.
    costs_us: HashMap<ServiceId, u64>,
    /// Whether any limits what is on workers.
    is_limiting: bool,
}

impl Shares {
    /// Those of these tenants; others have the default.
    pub(crate) fn new(tenants: impl IntoIterator<Item = (TenantId, Share)>) -> Self {
        let tenants: HashMap<_, _> = tenants.into_iter().collect();
        let is_limiting = tenants.values().any(|share| share.max_running < usize::MAX);
        Self { tenants, is_limiting, ..Self::default() }
    }

    /// Gives a service another share. Its jobs that are on workers already are not counted.
    pub(crate) fn set(&mut self, service: ServiceId, share: Share) {
        self.is_limiting |= share.max_running < usize::MAX;
        self.services.insert(service, share);
    }

    pub(crate) fn of_tenant(&self, tenant: TenantId) -> Share {
        self.tenants.get(&tenant).copied().unwrap_or_default()
    }

    pub(crate) fn of_service(&self, service: ServiceId) -> Share {
        self.services.get(&service).copied().unwrap_or_default()
    }

    /// Whether jobs on workers are counted.
    #[inline]
    pub(crate) fn is_limiting(&self) -> bool {
        self.is_limiting
    }

    /// Whether one more job of the tenant may have a worker.
    pub(crate) fn may_run_of(&self, tenant: TenantId) -> bool {
        let running = self.running_tenants.get(&tenant).copied().unwrap_or(0);
        !self.is_limiting || running < self.of_tenant(tenant).max_running
    }

    /// Whether one more job of the service may have a worker, as far as its own share goes.
    pub(crate) fn may_run(&self, service: ServiceId) -> bool {
        let running = self.running_services.get(&service).copied().unwrap_or(0);
        !self.is_limiting || running < self.of_service(service).max_running
    }

    /// Whether such a job may have a worker.
    #[inline]
    pub(crate) fn may_start(&self, spec: &JobSpec) -> bool {
        !self.is_limiting || (self.may_run_of(spec.tenant) && self.may_run(spec.service))
    }

    /// A worker has such a job.
    #[inline]
    pub(crate) fn started(&mut self, spec: &JobSpec) {
        if self.is_limiting {
            self.count(spec.tenant, spec.service);
        }
    }

    fn count(&mut self, tenant: TenantId, service: ServiceId) {
        *self.running_tenants.entry(tenant).or_default() += 1;
        *self.running_services.entry(service).or_default() += 1;
    }

    /// A worker has a job of these no more.
    #[inline]
    pub(crate) fn left(&mut self, tenant: TenantId, service: ServiceId) {
        if self.is_limiting {
            self.uncount(tenant, service);
        }
    }

    fn uncount(&mut self, tenant: TenantId, service: ServiceId) {
        decrement(&mut self.running_tenants, tenant);
        decrement(&mut self.running_services, service);
    }

    /// What the next job of a service is expected to cost.
    pub(crate) fn cost_us(&self, service: ServiceId) -> u64 {
        self.costs_us.get(&service).copied().unwrap_or(QUANTUM_US).max(1)
    }

    /// A job of a service took `us` of a worker: an eighth of what is expected of the next.
    pub(crate) fn learn(&mut self, service: ServiceId, us: u64) {
        let known = self.costs_us.entry(service).or_insert(us);
        *known = (*known * 7 + us).div_ceil(8);
    }
}

fn decrement<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITED: Share = Share { weight: 1, max_queued: usize::MAX, max_running: 2 };

    #[test]
    fn nobody_has_more_on_workers_than_the_tenants_and_the_services_limit() {
        let (tenant, service) = (TenantId(1), ServiceId(7));
        let mut shares = Shares::new([(tenant, LIMITED)]);
        shares.set(service, Share { max_running: 1, ..LIMITED });
        shares.count(tenant, service);
        assert!(shares.may_run_of(tenant) && !shares.may_run(service));
        shares.count(tenant, ServiceId(8));
        assert!(!shares.may_run_of(tenant) && shares.may_run_of(TenantId(2)));
        shares.left(tenant, service);
        assert!(shares.may_run_of(tenant) && shares.may_run(service));
    }

    #[test]
    fn cost_of_a_service_follows_what_its_jobs_took() {
        let mut shares = Shares::default();
        assert_eq!(shares.cost_us(ServiceId(0)), QUANTUM_US);
        (0..100).for_each(|_| shares.learn(ServiceId(0), 40));
        assert_eq!(shares.cost_us(ServiceId(0)), 40);
        (0..100).for_each(|_| shares.learn(ServiceId(0), 9_000));
        assert_eq!(shares.cost_us(ServiceId(0)), 9_000);
    }
}
