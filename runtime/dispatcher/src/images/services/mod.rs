//! The deployed services of a node: what is known of each, where its image is resident, and who is inside.
//!
//! ```text
//!  deploy ─▶ enter: place if cold, copy text to the worker ─▶ Start ─▶ … ─▶ leave
//!     └─ replace, roll back, remove ─▶ retired, until no worker can be inside
//! ```
//!
//! What a warm request needs of its service is one cache line, the [`Hot`] one; the rest lies apart. A
//! [`Resident`] keeps an image where it is: its slot is used again only when all of them are back.

mod changes;
mod placing;
pub(crate) mod worker_text;

use mote_abi::message::Invoke;
use mote_abi::outcome::Outcome;

use crate::images::bans::{Ban, Bans};
use crate::images::deployment::{Deployment, VerifiedImage};
use crate::images::error::PlaceError;
use crate::images::records::{Cold, Hot};
use crate::images::residency::Residency;
use crate::images::retired::{Occupied, Retired, Version};
use crate::images::statistics::ServiceStatistics;
use crate::images::strikes::Strike;
use crate::images::zones::Zones;
use crate::job::completed::Completed;
use crate::job::ids::{ServiceId, TenantId};
use crate::job::spec::JobSpec;
use crate::sys::clock::now_ns;

#[derive(Debug)]
pub(crate) struct Services {
    zones: Zones,
    hot: Vec<Hot>,
    cold: Vec<Cold>,
    retired: Retired,
    bans: Bans,
    residency: Residency,
    /// Images that were unloaded because others needed the room.
    unloaded: u64,
}

/// A job's hold on the image that it runs.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the image stays where it is until this is given to `Services::leave`"]
pub(crate) struct Resident(Version);

/// What starts a job on a worker.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) resident: Resident,
    pub(crate) invoke: Invoke,
    /// When placing its image began, if that was not resident.
    pub(crate) cold_ns: Option<u64>,
}

impl Services {
    /// Those of `zones`, whose images take at most `limit_bytes` of each window together.
    pub(crate) fn new(zones: Zones, limit_bytes: u64) -> Self {
        Self {
            zones,
            hot: Vec::new(),
            cold: Vec::new(),
            retired: Retired::default(),
            bans: Bans::default(),
            residency: Residency::new(limit_bytes),
            unloaded: 0,
        }
    }

    /// A new service; banned from the start if its tenant's of that name are.
    pub(crate) fn deploy(&mut self, deployment: Deployment<'_>, image: VerifiedImage) -> ServiceId {
        let Deployment { name, tenant } = deployment;
        let id = ServiceId(self.hot.len() as u32);
        let holder = self.bans.join(tenant, name, id);
        self.hot.push(Hot { is_banned: self.bans.ban(holder).is_some(), ..Hot::default() });
        self.cold.push(Cold {
            name: name.to_owned(),
            tenant,
            holder,
            image: Some(image.into_checked()),
            previous: None,
            placed: None,
            over_budget: 0,
        });
        id
    }

    /// Whether a service is resident.
    #[inline]
    pub(crate) fn is_resident(&self, id: ServiceId) -> Result<bool, PlaceError> {
        Ok(self.hot(id)?.place.is_some())
    }

    pub(crate) fn statistics(&self, id: ServiceId) -> Option<ServiceStatistics> {
        let (hot, cold) = (self.hot.get(id.index())?, self.cold.get(id.index())?);
        Some(ServiceStatistics {
            ended: hot.ended,
            over_budget: cold.over_budget,
            strikes: self.bans.strikes(cold.holder),
            ban: self.bans.ban(cold.holder),
        })
    }

    /// Why its jobs are refused, if they are.
    #[inline]
    pub(crate) fn ban(&self, id: ServiceId) -> Result<Option<Ban>, PlaceError> {
        if !self.hot(id)?.is_banned {
            return Ok(None);
        }
        Ok(self.bans.ban(self.cold[id.index()].holder))
    }

    /// Counts an invocation that ended.
    #[inline]
    pub(crate) fn note(&mut self, completed: &Completed) {
        let index = completed.service.index();
        let Some(hot) = self.hot.get_mut(index) else { return };
        hot.ended += 1;
        if completed.outcome == Outcome::OverBudget {
            self.cold[index].over_budget += 1;
        }
    }

    /// Counts a strike of a service, and bans it if that is one too many.
    #[cold]
    pub(crate) fn strike(&mut self, id: ServiceId, strike: Strike, ban_after: Option<u32>) {
        let Some(cold) = self.cold.get(id.index()) else { return };
        for banned in self.bans.strike(cold.holder, strike, ban_after) {
            self.hot[banned.index()].is_banned = true;
        }
    }

    pub(crate) fn name(&self, id: ServiceId) -> Option<&str> {
        self.cold.get(id.index()).map(|service| service.name.as_str())
    }

    /// Whose service it is.
    pub(crate) fn tenant(&self, id: ServiceId) -> Result<TenantId, PlaceError> {
        let deployed = self.cold.len();
        let unknown = PlaceError::UnknownService { number: id.0, deployed };
        self.cold.get(id.index()).map(|service| service.tenant).ok_or(unknown)
    }

    /// Starts a job on `worker`, which has the service's text from then on. Places the service first, if it is
    /// not resident.
    #[inline]
    pub(crate) fn enter(&mut self, spec: &JobSpec, worker: usize) -> Result<Start, PlaceError> {
        let cold_ns = if self.is_resident(spec.service)? { None } else { Some(now_ns()) };
        let place = self.ensure_placed(spec.service)?;
        let hot = &mut self.hot[spec.service.index()];
        hot.inside += 1;
        hot.was_used = cold_ns.is_none();
        let version = Version { service: spec.service, number: hot.version };
        if !hot.copies.contains(worker) {
            self.copy_text(spec.service, worker);
        }
        let invoke = Invoke {
            entry: place.entry,
            record: place.record,
            relocated: place.relocated,
            zone: place.zone(),
            generation: self.generation(worker),
            data_bytes: place.data_bytes,
            state: place.state,
            stack_gap_blocks: place.stack_gap_blocks,
            budget_us: spec.budget_us,
            grace_us: spec.grace_us,
            memory_kib: spec.memory_kib,
            body_bytes: spec.body_bytes(),
            variables_bytes: spec.variables_bytes,
            mode: spec.mode as u8,
            heap: spec.heap as u8,
            ..Invoke::default()
        };
        Ok(Start { resident: Resident(version), invoke, cold_ns })
    }

    /// Takes back a job's hold: no worker has the job any more.
    #[inline]
    pub(crate) fn leave(&mut self, resident: Resident) {
        let Resident(version) = resident;
        let hot = &mut self.hot[version.service.index()];
        if hot.version == version.number {
            hot.inside -= 1;
        } else if let Some(Occupied { placed, copies, .. }) = self.retired.leave(version) {
            self.zones.unplace(placed, copies);
        }
    }

    /// The generation of the text of `worker`; see [`Zones::generation`].
    pub(crate) fn generation(&self, worker: usize) -> u32 {
        self.zones.generation(worker)
    }

    /// Gives `worker` the text of a resident service.
    #[cold]
    fn copy_text(&mut self, id: ServiceId, worker: usize) {
        let service = &self.cold[id.index()];
        if let (Some(placed), Some(image)) = (&service.placed, &service.image) {
            self.zones.copy_text(placed, image, worker);
            self.hot[id.index()].copies.insert(worker);
        }
    }

    #[inline]
    fn hot(&self, id: ServiceId) -> Result<&Hot, PlaceError> {
        let deployed = self.hot.len();
        self.hot.get(id.index()).ok_or(PlaceError::UnknownService { number: id.0, deployed })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A hold on an image that is nowhere.
    pub(crate) fn resident() -> Resident {
        Resident(Version { service: ServiceId(0), number: 0 })
    }
}
