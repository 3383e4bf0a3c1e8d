//! The deployed services of a node: what is known of each, where its image is resident, and who is inside.
//!
//! What a warm request needs of its service is one cache line, the [`Hot`] one; the rest lies apart. A
//! [`Resident`] keeps an image where it is: its slot is used again only when all of them are back.

use std::num::NonZero;

use mote_abi::message::Invoke;
use mote_loader::{Checked, Expected, Placed, verify};

use crate::images::error::{DeployError, PlaceError};
use crate::images::statistics::ServiceStatistics;
use crate::images::toolchain::TOOLCHAIN;
use crate::images::worker_set::WorkerSet;
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
}

/// What every request looks at.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Hot {
    place: Option<Place>,
    /// Jobs of it that a worker has.
    inside: u32,
    statistics: ServiceStatistics,
    /// The workers that have its text, while it is resident.
    copies: WorkerSet,
}

/// What a request says of a resident image.
#[derive(Clone, Copy, Debug)]
struct Place {
    entry: u32,
    record: u32,
    relocated: u32,
    data_bytes: u32,
    /// The zone's number plus one, so that an `Option<Place>` takes no more room.
    zone_plus_one: NonZero<u8>,
}

/// What deploying, placing and messages need.
#[derive(Debug)]
struct Cold {
    name: String,
    tenant: TenantId,
    image: Checked,
    placed: Option<Placed>,
}

/// A job's hold on the image that it runs.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the image stays where it is until this is given to `Services::leave`"]
pub(crate) struct Resident(ServiceId);

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
        Self { zones, hot: Vec::new(), cold: Vec::new() }
    }

    /// Checks `bytes`, and keeps what placing needs.
    pub(crate) fn deploy(
        &mut self,
        tenant: TenantId,
        name: &str,
        bytes: &[u8],
    ) -> Result<ServiceId, DeployError> {
        let name = name.to_owned();
        let image = match verify(bytes, &Expected::of(TOOLCHAIN)) {
            Ok(image) => image,
            Err(source) => return Err(DeployError::Refused { name, source }),
        };
        let id = ServiceId(self.hot.len() as u32);
        self.cold.push(Cold { name, tenant, image, placed: None });
        self.hot.push(Hot::default());
        Ok(id)
    }

    /// Whether a service is resident.
    #[inline]
    pub(crate) fn is_resident(&self, id: ServiceId) -> Result<bool, PlaceError> {
        Ok(self.hot(id)?.place.is_some())
    }

    pub(crate) fn statistics(&self, id: ServiceId) -> Option<ServiceStatistics> {
        self.hot(id).ok().map(|service| service.statistics)
    }

    /// Counts an invocation that ended.
    #[inline]
    pub(crate) fn note(&mut self, completed: &Completed, ban_after: Option<u32>) {
        if let Some(service) = self.hot.get_mut(completed.service.index()) {
            service.statistics.note(completed, ban_after);
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
        if !hot.copies.contains(worker) {
            self.copy_text(spec.service, worker);
        }
        let invoke = Invoke {
            entry: place.entry,
            record: place.record,
            relocated: place.relocated,
            zone: place.zone_plus_one.get() - 1,
            generation: self.generation(worker),
            data_bytes: place.data_bytes,
            budget_us: spec.budget_us,
            grace_us: spec.grace_us,
            memory_kib: spec.memory_kib,
            body_bytes: spec.body_bytes,
            mode: spec.mode as u8,
            heap: spec.heap as u8,
            ..Invoke::default()
        };
        Ok(Start { resident: Resident(spec.service), invoke, cold_ns })
    }

    /// Takes back a job's hold: no worker has the job any more.
    #[inline]
    pub(crate) fn leave(&mut self, resident: Resident) {
        let Resident(service) = resident;
        self.hot[service.index()].inside -= 1;
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
        let placed = match self.zones.place(&service.image) {
            Ok(placed) => placed,
            Err(source) => {
                let (name, bytes) = (service.name.clone(), service.image.slot_bytes());
                return Err(PlaceError::Zone { name, bytes, source });
            }
        };
        let place = Place {
            entry: placed.entry,
            record: placed.record,
            relocated: placed.relocated,
            data_bytes: placed.data_bytes,
            zone_plus_one: NonZero::<u8>::MIN.saturating_add(placed.zone),
        };
        service.placed = Some(placed);
        self.hot[id.index()].place = Some(place);
        Ok(place)
    }

    /// Gives `worker` the text of a resident service.
    #[cold]
    fn copy_text(&mut self, id: ServiceId, worker: usize) {
        let service = &self.cold[id.index()];
        if let Some(placed) = &service.placed {
            self.zones.copy_text(placed, &service.image, worker);
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
        Resident(ServiceId(0))
    }

    #[test]
    fn hot_part_of_a_service_is_one_cache_line() {
        assert_eq!(size_of::<Hot>(), 64);
    }
}
