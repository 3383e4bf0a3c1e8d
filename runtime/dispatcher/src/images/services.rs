//! The deployed services of a node, and which of them are resident in the zones.
//!
//! What a warm request needs of its service is one cache line, the [`Hot`] one; the rest lies apart.

use std::num::NonZero;

use mote_abi::message::Invoke;
use mote_loader::{Checked, Expected, Placed, verify};

use crate::TOOLCHAIN;
use crate::images::statistics::ServiceStatistics;
use crate::images::worker_set::WorkerSet;
use crate::images::zones::Zones;
use crate::node::completed::Completed;
use crate::node::error::{DeployError, PlaceError, SubmitError};
use crate::node::job::{JobSpec, ServiceId};

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
    /// Jobs submitted and not handed back.
    outstanding: u32,
    record: ServiceStatistics,
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
    image: Checked,
    placed: Option<Placed>,
}

impl Services {
    pub(crate) fn new(zones: Zones) -> Self {
        Self { zones, hot: Vec::new(), cold: Vec::new() }
    }

    /// Checks `bytes`, and keeps what placing needs.
    pub(crate) fn deploy(&mut self, name: &str, bytes: &[u8]) -> Result<ServiceId, DeployError> {
        let name = name.to_owned();
        let image = match verify(bytes, &Expected::of(TOOLCHAIN)) {
            Ok(image) => image,
            Err(source) => return Err(DeployError::Refused { name, source }),
        };
        let id = ServiceId(self.hot.len() as u32);
        self.cold.push(Cold { name, image, placed: None });
        self.hot.push(Hot::default());
        Ok(id)
    }

    /// Whether it is resident.
    #[inline]
    pub(crate) fn is_resident(&self, id: ServiceId) -> Result<bool, PlaceError> {
        Ok(self.hot(id)?.place.is_some())
    }

    pub(crate) fn record(&self, id: ServiceId) -> Option<ServiceStatistics> {
        self.hot(id).ok().map(|service| service.record)
    }

    /// Refuses a banned service.
    #[inline]
    pub(crate) fn check_ban(&self, id: ServiceId) -> Result<(), SubmitError> {
        let record = &self.hot(id)?.record;
        if record.is_banned {
            let name = self.cold[id.0 as usize].name.clone();
            return Err(SubmitError::Banned { name, times: record.unyielding });
        }
        Ok(())
    }

    /// Remembers an invocation that ended.
    #[inline]
    pub(crate) fn note(&mut self, completed: &Completed, ban_after: Option<u32>) {
        self.hot[completed.service.0 as usize].record.note(completed, ban_after);
    }

    pub(crate) fn name(&self, id: ServiceId) -> Option<&str> {
        self.cold.get(id.0 as usize).map(|service| service.name.as_str())
    }

    /// Makes it resident, if it is not.
    pub(crate) fn place(&mut self, id: ServiceId) -> Result<(), PlaceError> {
        if self.is_resident(id)? {
            return Ok(());
        }
        let service = &mut self.cold[id.0 as usize];
        let placed = match self.zones.place(&service.image) {
            Ok(placed) => placed,
            Err(source) => {
                let (name, bytes) = (service.name.clone(), service.image.slot_bytes());
                return Err(PlaceError::Zone { name, bytes, source });
            }
        };
        self.hot[id.0 as usize].place = Some(Place {
            entry: placed.entry,
            record: placed.record,
            relocated: placed.relocated,
            data_bytes: placed.data_bytes,
            zone_plus_one: NonZero::<u8>::MIN.saturating_add(placed.zone),
        });
        service.placed = Some(placed);
        Ok(())
    }

    /// Frees its slot, if it has one and nothing of it can be running.
    pub(crate) fn evict(&mut self, id: ServiceId) -> Result<(), PlaceError> {
        let outstanding = self.hot(id)?.outstanding as usize;
        let service = &mut self.cold[id.0 as usize];
        if outstanding > 0 {
            return Err(PlaceError::Busy { name: service.name.clone(), outstanding });
        }
        if let Some(placed) = service.placed.take() {
            let hot = &mut self.hot[id.0 as usize];
            hot.place = None;
            self.zones.unplace(placed, std::mem::take(&mut hot.copies));
        }
        Ok(())
    }

    /// Counts a job of it.
    #[inline]
    pub(crate) fn submitted(&mut self, id: ServiceId) {
        self.hot[id.0 as usize].outstanding += 1;
    }

    /// Takes that back: the job was handed to the caller.
    #[inline]
    pub(crate) fn delivered(&mut self, id: ServiceId) {
        self.hot[id.0 as usize].outstanding -= 1;
    }

    /// The request to `worker` for a job of a resident service, whose text it has from then on. A submitted
    /// job keeps its service resident.
    #[inline]
    pub(crate) fn invoke(&mut self, spec: &JobSpec, worker: usize) -> Option<Invoke> {
        let hot = self.hot.get(spec.service.0 as usize)?;
        if !hot.copies.contains(worker) {
            self.copy_text(spec.service, worker)?;
        }
        let place = self.hot.get(spec.service.0 as usize)?.place.as_ref()?;
        Some(Invoke {
            entry: place.entry,
            record: place.record,
            relocated: place.relocated,
            zone: place.zone_plus_one.get() - 1,
            generation: self.zones.generation(worker),
            data_bytes: place.data_bytes,
            budget_us: spec.budget_us,
            grace_us: spec.grace_us,
            memory_kib: spec.memory_kib,
            body_bytes: spec.body_bytes,
            mode: spec.mode as u8,
            heap: spec.heap as u8,
            ..Invoke::default()
        })
    }

    /// Gives `worker` the text of a resident service.
    #[cold]
    fn copy_text(&mut self, id: ServiceId, worker: usize) -> Option<()> {
        let service = self.cold.get(id.0 as usize)?;
        self.zones.copy_text(service.placed.as_ref()?, &service.image, worker);
        self.hot[id.0 as usize].copies.insert(worker);
        Some(())
    }

    #[inline]
    fn hot(&self, id: ServiceId) -> Result<&Hot, PlaceError> {
        let deployed = self.hot.len();
        self.hot.get(id.0 as usize).ok_or(PlaceError::UnknownService { number: id.0, deployed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hot_part_of_a_service_is_one_cache_line() {
        assert_eq!(size_of::<Hot>(), 64);
    }
}
