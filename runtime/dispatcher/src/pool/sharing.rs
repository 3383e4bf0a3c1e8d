//! Which worker takes a job of a tenant, where a worker serves one tenant at a time.
//!
//! In this order: one of the tenant's that is idle; one that has served nobody; one of another tenant's that is
//! idle, if there is a ready spare to take its place; one of the tenant's that has room behind what it runs. If
//! there is none, the job waits, for one of these or for a spare.

use std::sync::Arc;

use crate::config::Sharing;
use crate::job::ids::TenantId;
use crate::job::request::Request;
use crate::pool::WorkerPool;
use crate::pool::error::StartError;
use crate::pool::slot::WorkerSlot;
use crate::pool::spares::Spares;
use crate::pool::worker::Worker;
use crate::pool::worker::lines::FreeLine;
use crate::sched::cpus::Plan;

/// What matters of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Candidate {
    slot: usize,
    tenant: Option<TenantId>,
    load: usize,
    has_paused: bool,
    has_spare: bool,
}

/// Who takes the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// The worker in this slot.
    Worker(usize),
    /// The spare of this slot, in its worker's place.
    Spare(usize),
}

/// See the module. `depth` is how many jobs a worker may have.
fn choose(
    candidates: impl Iterator<Item = Candidate>,
    tenant: TenantId,
    depth: usize,
) -> Option<Choice> {
    let rank = |candidate: Candidate| {
        let Candidate { slot, load, .. } = candidate;
        let is_idle = load == 0 && !candidate.has_paused;
        match candidate.tenant {
            Some(its) if its == tenant && load == 0 => Some(((0, 0), Choice::Worker(slot))),
            None => Some(((1, 0), Choice::Worker(slot))),
            Some(its) if its == tenant && load < depth => Some(((3, load), Choice::Worker(slot))),
            Some(its) if its != tenant && is_idle && candidate.has_spare => {
                Some(((2, 0), Choice::Spare(slot)))
            }
            Some(_) => None,
        }
    };
    candidates.filter_map(rank).min_by_key(|&(rank, _)| rank).map(|(_, choice)| choice)
}

impl WorkerPool {
    /// Begins to start spares, where there are to be any.
    pub(super) fn start_spares(&mut self, plan: &Plan) -> Result<(), StartError> {
        let spares = Spares::start(Arc::clone(&self.spawn_context), plan.workers.clone());
        self.spares = Some(spares.map_err(StartError::spawn)?);
        Ok(())
    }

    /// How many spares are ready.
    pub(crate) fn ready_spares(&self) -> usize {
        self.spares.as_ref().map_or(0, Spares::ready)
    }

    /// Room for a job, if a worker may take it, has room, and will have started it in time.
    #[inline]
    pub(crate) fn free_line(&mut self, request: &Request, now_ns: u64) -> Option<FreeLine<'_>> {
        if self.spawn_context.config.sharing == Sharing::Tenant {
            let slot = self.own_slot(request.spec.tenant)?;
            return self.line_of(slot, request, now_ns);
        }
        self.any_line(now_ns, request.start_by_ns)
    }

    /// The slot whose worker takes a job of `tenant`, and serves nobody else.
    fn own_slot(&mut self, tenant: TenantId) -> Option<usize> {
        let spares = self.spares.as_mut()?;
        let config = &self.spawn_context.config;
        let candidates = self.slots.iter().enumerate().filter_map(|(slot, it)| {
            let worker = it.serving()?;
            Some(candidate(slot, worker, spares))
        });
        match choose(candidates, tenant, config.ring_depth())? {
            Choice::Worker(slot) => Some(slot),
            Choice::Spare(slot) => {
                let before = self.slots[slot].replace(spares.take(slot)?, config);
                spares.retire(before);
                Some(slot)
            }
        }
    }

    /// Room for a job on the worker in `slot`, if that will have started it in time.
    pub(crate) fn line_of(
        &mut self,
        slot: usize,
        request: &Request,
        now_ns: u64,
    ) -> Option<FreeLine<'_>> {
        let depth = self.spawn_context.config.ring_depth();
        let worker = self.slots.get_mut(slot)?.serving_mut()?;
        let is_in_time = worker.starts_next_by(now_ns, request.start_by_ns);
        if is_in_time { worker.free_line(depth) } else { None }
    }

    /// The slots, by number.
    pub(crate) fn slots(&self) -> std::ops::Range<usize> {
        0..self.slots.len()
    }

    /// Whom the worker in `slot` serves, if it has room.
    pub(crate) fn tenant_with_room(&self, slot: usize) -> Option<TenantId> {
        let worker = self.slots.get(slot)?.serving()?;
        let has_room = worker.load() < self.spawn_context.config.ring_depth();
        worker.tenant.filter(|_| has_room)
    }

    /// The slot whose worker will be idle first, by what it has to do.
    pub(crate) fn least_loaded(&self) -> Option<usize> {
        let serving = self.slots.iter().map(WorkerSlot::serving).enumerate();
        let loads = serving.filter_map(|(slot, worker)| Some((worker?.load(), slot)));
        loads.min().map(|(_, slot)| slot)
    }
}

fn candidate(slot: usize, worker: &Worker, spares: &Spares) -> Candidate {
    let has_paused = worker.has_suspended();
    let (tenant, load) = (worker.tenant, worker.load());
    Candidate { slot, tenant, load, has_paused, has_spare: spares.has_ready(slot) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: TenantId = TenantId(1);
    const B: TenantId = TenantId(2);

    fn candidates(all: &[(Option<TenantId>, usize)], has_spare: bool) -> Vec<Candidate> {
        let candidate = |(slot, &(tenant, load))| Candidate {
            slot,
            tenant,
            load,
            has_paused: false,
            has_spare,
        };
        all.iter().enumerate().map(candidate).collect()
    }

    fn chosen(all: &[(Option<TenantId>, usize)], has_spare: bool) -> Option<Choice> {
        choose(candidates(all, has_spare).into_iter(), A, 2)
    }

    #[test]
    fn own_idle_worker_goes_before_a_new_one_before_a_switch_before_waiting_behind_another() {
        let (own, new, other) = ((Some(A), 0), (None, 0), (Some(B), 0));
        let busy = (Some(A), 1);
        assert_eq!(chosen(&[busy, other, new, own], true), Some(Choice::Worker(3)));
        assert_eq!(chosen(&[busy, other, new], true), Some(Choice::Worker(2)));
        assert_eq!(chosen(&[busy, other], true), Some(Choice::Spare(1)));
        assert_eq!(chosen(&[busy, other], false), Some(Choice::Worker(0)));
    }

    #[test]
    fn nobody_takes_a_job_into_another_tenants_worker() {
        assert_eq!(chosen(&[(Some(B), 0)], false), None, "no spare is ready");
        assert_eq!(chosen(&[(Some(B), 1)], true), None, "it is busy");
        assert_eq!(chosen(&[(Some(A), 2)], true), None, "it is full");
    }

    #[test]
    fn worker_with_a_paused_job_is_not_replaced() {
        let mut all = candidates(&[(Some(B), 0)], true);
        all[0].has_paused = true;
        assert_eq!(choose(all.into_iter(), A, 2), None);
    }
}
