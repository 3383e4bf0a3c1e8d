//! What changes a service that is deployed: another image, none any more, a ban.

use crate::images::deployment::VerifiedImage;
use crate::images::error::PlaceError;
use crate::images::retired::{Occupied, Version};
use crate::images::services::Services;
use crate::job::ids::ServiceId;

impl Services {
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
        self.bans.leave(cold.holder, id);
        Ok(())
    }

    /// Refuses or admits the jobs of a service, and of its tenant's others of that name, from now on, whatever
    /// they did.
    pub(crate) fn set_banned(&mut self, id: ServiceId, is_banned: bool) -> Result<(), PlaceError> {
        self.check_deployed(id)?;
        for service in self.bans.set(self.cold[id.index()].holder, is_banned) {
            self.hot[service.index()].is_banned = is_banned;
        }
        Ok(())
    }

    /// Frees the slot of a service's image as soon as no worker can be inside.
    fn retire(&mut self, id: ServiceId) {
        self.residency.remove(id);
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

    pub(super) fn check_deployed(&self, id: ServiceId) -> Result<(), PlaceError> {
        self.hot(id)?;
        let cold = &self.cold[id.index()];
        if cold.image.is_some() {
            Ok(())
        } else {
            Err(PlaceError::Removed { name: cold.name.clone() })
        }
    }
}
