//! The deployed services of a node: what is known of each, where its image is resident, and who is inside.
//!
//! ```text
//!  deploy ─▶ enter: place if cold, copy text to the worker ─▶ Start ─▶ … ─▶ leave
//!     └─ replace, roll back, remove ─▶ retired, until no worker can be inside
//! ```
//!
//! What a warm request needs of its service is one cache line, the [`Hot`] one; the rest lies apart. A
//! [`Resident`] keeps an image where it is: its slot is used again only when all of them are back.

use mote_abi::message::Invoke;
use mote_abi::outcome::Outcome;

use crate::images::deployment::{Deployment, VerifiedImage};
use crate::images::error::PlaceError;
use crate::images::records::{Cold, Hot, Place};
use crate::images::retired::{Occupied, Retired, Version};
use crate::images::statistics::{ServiceStatistics, is_unyielding};
use crate::images::zones::Zones;
use crate::job::completed::Completed;
use crate::job::ids::{ServiceId, TenantId};
use crate::job::spec::JobSpec;
use crate::sys::clock::now_ns;

#[derive(Debug)]
pub(crate) struct Services {
    pub(super) zones: Zones,
    pub(super) hot: Vec<Hot>,
    pub(super) cold: Vec<Cold>,
    pub(super) retired: Retired,
}

/// A job's hold on the image that it runs.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the image stays where it is until this is given to `Services::leave`"]
pub(crate) struct Resident(pub(super) Version);

/// What starts a job on a worker.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) resident: Resident,
    pub(crate) invoke: Invoke,
    /// When placing its image began, if that was not resident.
    pub(crate) cold_ns: Option<u64>,
}

impl Services {
    pub(crate) fn new(zones: Zones) -> Self {
        Self { zones, hot: Vec::new(), cold: Vec::new(), retired: Retired::default() }
    }

    /// A new service.
    pub(crate) fn deploy(&mut self, deployment: Deployment<'_>, image: VerifiedImage) -> ServiceId {
        let Deployment { name, tenant } = deployment;
        let id = ServiceId(self.hot.len() as u32);
        self.hot.push(Hot::default());
        self.cold.push(Cold {
            name: name.to_owned(),
            tenant,
            image: Some(image.into_checked()),
            previous: None,
            placed: None,
            over_budget: 0,
            unyielding: 0,
        });
        id
    }

    /// Gives a service another image. Jobs that a worker has end on the old one.
    pub(crate) fn replace(
        &mut self,
        id: ServiceId,
        image: VerifiedImage,
    ) -> Result<(), PlaceError> {
        self.check_deployed(id)?;
        self.retire(id);
        let cold = &mut self.cold[id.index()];
        cold.previous = cold.image.replace(image.into_checked());
        Ok(())
    }

    /// Gives a service the image before its present one, which can be rolled back to in turn.
    pub(crate) fn roll_back(&mut self, id: ServiceId) -> Result<(), PlaceError> {
        self.check_deployed(id)?;
        let cold = &self.cold[id.index()];
        if cold.previous.is_none() {
            return Err(PlaceError::NoPrevious { name: cold.name.clone() });
        }
        self.retire(id);
        let cold = &mut self.cold[id.index()];
        std::mem::swap(&mut cold.previous, &mut cold.image);
        Ok(())
    }

    /// Ends a service: no job of it starts any more. Its identifier is not used again.
    pub(crate) fn remove(&mut self, id: ServiceId) -> Result<(), PlaceError> {
        self.check_deployed(id)?;
        self.retire(id);
        let cold = &mut self.cold[id.index()];
        (cold.image, cold.previous) = (None, None);
        Ok(())
    }

    /// Refuses or admits a service's jobs from now on, whatever it did.
    pub(crate) fn set_banned(&mut self, id: ServiceId, is_banned: bool) -> Result<(), PlaceError> {
        self.check_deployed(id)?;
        self.hot[id.index()].is_banned = is_banned;
        self.cold[id.index()].unyielding = 0;
        Ok(())
    }

    /// Frees the slot of a service's image as soon as no worker can be inside.
    fn retire(&mut self, id: ServiceId) {
        let (hot, cold) = (&mut self.hot[id.index()], &mut self.cold[id.index()]);
        let version = Version { service: id, number: hot.version };
        let inside = std::mem::take(&mut hot.inside);
        hot.version = hot.version.wrapping_add(1);
        hot.place = None;
        let (Some(placed), Some(image)) = (cold.placed.take(), &cold.image) else { return };
        let stops = image.stop_lines().clone();
        let occupied = Occupied { placed, copies: std::mem::take(&mut hot.copies), stops };
        if inside == 0 {
            self.zones.unplace(occupied.placed, occupied.copies);
        } else {
            self.retired.keep(version, inside, occupied);
        }
    }

    fn check_deployed(&self, id: ServiceId) -> Result<(), PlaceError> {
        self.hot(id)?;
        let cold = &self.cold[id.index()];
        if cold.image.is_some() {
            Ok(())
        } else {
            Err(PlaceError::Removed { name: cold.name.clone() })
        }
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
            unyielding: cold.unyielding,
            is_banned: hot.is_banned,
        })
    }

    /// Whether its jobs are refused.
    #[inline]
    pub(crate) fn is_banned(&self, id: ServiceId) -> Result<bool, PlaceError> {
        Ok(self.hot(id)?.is_banned)
    }

    /// Counts an invocation that ended.
    #[inline]
    pub(crate) fn note(&mut self, completed: &Completed, ban_after: Option<u32>) {
        let index = completed.service.index();
        let Some(hot) = self.hot.get_mut(index) else { return };
        hot.ended += 1;
        if completed.outcome == Outcome::OverBudget {
            let cold = &mut self.cold[index];
            cold.over_budget += 1;
            cold.unyielding = cold.unyielding.saturating_add(is_unyielding(completed).into());
            hot.is_banned |= ban_after.is_some_and(|limit| cold.unyielding >= limit);
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

    /// Makes a service resident, if it is not.
    pub(crate) fn place(&mut self, id: ServiceId) -> Result<(), PlaceError> {
        self.ensure_placed(id).map(|_| ())
    }

    /// Frees a service's slot, if it has one and no worker can be inside.
    pub(crate) fn evict(&mut self, id: ServiceId) -> Result<(), PlaceError> {
        let outstanding = self.hot(id)?.inside as usize;
        let (hot, cold) = (&mut self.hot[id.index()], &mut self.cold[id.index()]);
        if outstanding > 0 {
            return Err(PlaceError::Busy { name: cold.name.clone(), outstanding });
        }
        if let Some(placed) = cold.placed.take() {
            hot.place = None;
            self.zones.unplace(placed, std::mem::take(&mut hot.copies));
        }
        Ok(())
    }

    /// Starts a job on `worker`, which has the service's text from then on. Places the service first, if it is
    /// not resident.
    #[inline]
    pub(crate) fn enter(&mut self, spec: &JobSpec, worker: usize) -> Result<Start, PlaceError> {
        let cold_ns = if self.is_resident(spec.service)? { None } else { Some(now_ns()) };
        let place = self.ensure_placed(spec.service)?;
        let hot = &mut self.hot[spec.service.index()];
        hot.inside += 1;
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
            budget_us: spec.budget_us,
            grace_us: spec.grace_us,
            memory_kib: spec.memory_kib,
            body_bytes: spec.body_bytes,
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

    #[inline]
    fn ensure_placed(&mut self, id: ServiceId) -> Result<Place, PlaceError> {
        match self.hot(id)?.place {
            Some(place) => Ok(place),
            None => self.place_cold(id),
        }
    }

    #[cold]
    fn place_cold(&mut self, id: ServiceId) -> Result<Place, PlaceError> {
        let service = &mut self.cold[id.index()];
        let name = || service.name.clone();
        let image = service.image.as_ref().ok_or_else(|| PlaceError::Removed { name: name() })?;
        let bytes = image.slot_bytes();
        let full = |source| PlaceError::Zone { name: name(), bytes, source };
        let placed = self.zones.place(image).map_err(full)?;
        let place = Place::of(&placed, image.state());
        service.placed = Some(placed);
        self.hot[id.index()].place = Some(place);
        Ok(place)
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
