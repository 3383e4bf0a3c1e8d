//! Where images are: placed when first used, and unloaded when others need the room.

use mote_loader::{PlaceError as ZoneFull, Placed};

use crate::images::error::PlaceError;
use crate::images::records::Place;
use crate::images::residency::Use;
use crate::images::services::Services;
use crate::job::ids::ServiceId;

impl Services {
    /// Makes a service resident, if it is not.
    pub(crate) fn place(&mut self, id: ServiceId) -> Result<(), PlaceError> {
        self.ensure_placed(id).map(|_| ())
    }

    /// Refuses a service that cannot be resident, whoever is unloaded for it.
    pub(crate) fn check_placeable(&self, id: ServiceId) -> Result<(), PlaceError> {
        self.check_deployed(id)?;
        let cold = &self.cold[id.index()];
        let bytes = cold.image.as_ref().map_or(0, |image| image.slot_bytes());
        let limit_bytes = self.residency.limit_bytes();
        if u64::from(bytes) <= limit_bytes {
            return Ok(());
        }
        let source = ZoneFull::Full { bytes, free_bytes: limit_bytes as u32 };
        Err(PlaceError::Zone { name: cold.name.clone(), bytes, source })
    }

    /// Frees a service's slot, if it has one and no worker can be inside.
    pub(crate) fn evict(&mut self, id: ServiceId) -> Result<(), PlaceError> {
        let outstanding = self.hot(id)?.inside as usize;
        if outstanding > 0 {
            return Err(PlaceError::Busy { name: self.cold[id.index()].name.clone(), outstanding });
        }
        self.unload(id);
        Ok(())
    }

    /// How many images are placed, without retired ones.
    pub(crate) fn resident(&self) -> u64 {
        self.residency.len() as u64
    }

    /// How many images were unloaded because others needed the room.
    pub(crate) fn unloaded(&self) -> u64 {
        self.unloaded
    }

    #[inline]
    pub(super) fn ensure_placed(&mut self, id: ServiceId) -> Result<Place, PlaceError> {
        match self.hot(id)?.place {
            Some(place) => Ok(place),
            None => self.place_cold(id),
        }
    }

    #[cold]
    fn place_cold(&mut self, id: ServiceId) -> Result<Place, PlaceError> {
        self.check_placeable(id)?;
        let placed = loop {
            match self.try_place(id) {
                Ok(placed) => break placed,
                Err(full) if !self.unload_one() => return Err(full),
                Err(_) => {}
            }
        };
        let cold = &mut self.cold[id.index()];
        let state = cold.image.as_ref().map_or(0, |image| image.state());
        let bytes = cold.image.as_ref().map_or(0, |image| image.slot_bytes());
        let place = Place::of(&placed, state);
        cold.placed = Some(placed);
        self.residency.add(id, bytes);
        self.hot[id.index()].place = Some(place);
        Ok(place)
    }

    fn try_place(&mut self, id: ServiceId) -> Result<Placed, PlaceError> {
        let cold = &self.cold[id.index()];
        let name = || cold.name.clone();
        let image = cold.image.as_ref().ok_or_else(|| PlaceError::Removed { name: name() })?;
        let bytes = image.slot_bytes();
        let full = |source| PlaceError::Zone { name: name(), bytes, source };
        if !self.residency.fits(bytes) {
            return Err(full(ZoneFull::Full { bytes, free_bytes: 0 }));
        }
        self.zones.place(image).map_err(full)
    }

    /// Unloads the idle image that was not used for longest. False if none is idle.
    fn unload_one(&mut self) -> bool {
        let hot = &mut self.hot;
        let victim = self.residency.victim(|asked| {
            let hot = &mut hot[asked.index()];
            Use { was_used: std::mem::take(&mut hot.was_used), is_idle: hot.inside == 0 }
        });
        let Some(victim) = victim else { return false };
        self.unload(victim);
        self.unloaded += 1;
        true
    }

    fn unload(&mut self, id: ServiceId) {
        let (hot, cold) = (&mut self.hot[id.index()], &mut self.cold[id.index()]);
        self.residency.remove(id);
        if let Some(placed) = cold.placed.take() {
            hot.place = None;
            self.zones.unplace(placed, std::mem::take(&mut hot.copies));
        }
    }
}
