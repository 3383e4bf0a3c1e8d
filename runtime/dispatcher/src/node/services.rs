//! The services of a node: taking them in, replacing and ending them, and what is known of them.

use super::Node;
use crate::images::deployment::{Deployment, VerifiedImage};
use crate::images::error::{DeployError, PlaceError};
use crate::images::statistics::ServiceStatistics;
use crate::job::ids::ServiceId;
use crate::job::share::Share;
use crate::node::error::SubmitError;

impl Node {
    /// Takes in an image, called `name` in messages: parses and checks it, and keeps what placing
    /// needs. It is not resident yet.
    ///
    /// # Errors
    /// The bytes are not an image, or not one that may run here, or this node does not take it.
    pub fn deploy(&mut self, name: &str, image: Vec<u8>) -> Result<ServiceId, DeployError> {
        let image = VerifiedImage::new(name, &image)?;
        let refused = |error| DeployError::not_admitted(name, error);
        self.admission.check(&image).map_err(refused)?;
        Ok(self.services.deploy(Deployment::new(name), image))
    }

    /// As [`Node::deploy`], for an image that was verified before.
    ///
    /// # Errors
    /// The node does not take it.
    pub fn install(
        &mut self,
        deployment: Deployment<'_>,
        image: VerifiedImage,
    ) -> Result<ServiceId, PlaceError> {
        let name = deployment.name;
        let refused = |source| PlaceError::NotAdmitted { name: name.to_owned(), source };
        self.admission.check(&image).map_err(refused)?;
        Ok(self.services.deploy(deployment, image))
    }

    /// Gives a service another image. Jobs that a worker has end on the old one, and its slot is used again
    /// only then; those that wait run the new one, as a cold start.
    ///
    /// # Errors
    /// There is no such service, or the node does not take the image.
    pub fn replace(&mut self, service: ServiceId, image: VerifiedImage) -> Result<(), PlaceError> {
        if let Err(source) = self.admission.check(&image) {
            let name = self.services.name(service).unwrap_or_default().to_owned();
            return Err(PlaceError::NotAdmitted { name, source });
        }
        self.services.replace(service, image)
    }

    /// Gives a service the image that its present one replaced; doing so twice changes nothing.
    ///
    /// # Errors
    /// There is no such service, or its image replaced none.
    pub fn roll_back(&mut self, service: ServiceId) -> Result<(), PlaceError> {
        self.services.roll_back(service)
    }

    /// Ends a service. Jobs that a worker has end as they would; those that wait end as
    /// [`cancelled`](crate::Outcome::Cancelled).
    ///
    /// # Errors
    /// There is no such service.
    pub fn remove(&mut self, service: ServiceId) -> Result<(), PlaceError> {
        self.services.remove(service)
    }

    /// What a service may have beside the others of its tenant, from now on. Its jobs that are on workers already
    /// are not counted.
    ///
    /// # Errors
    /// There is no such service.
    pub fn set_share(&mut self, service: ServiceId, share: Share) -> Result<(), PlaceError> {
        self.services.tenant(service)?;
        self.queue.shares.set(service, share);
        Ok(())
    }

    /// Bans a service (`true`), or forgives it whatever it did before. That holds for every service of its tenant
    /// and its name, those that are deployed later too.
    ///
    /// # Errors
    /// There is no such service.
    pub fn set_banned(&mut self, service: ServiceId, is_banned: bool) -> Result<(), PlaceError> {
        self.services.set_banned(service, is_banned)
    }

    /// The name that a service was deployed under; `None` if it is not one of this node's.
    #[must_use]
    pub fn service_name(&self, service: ServiceId) -> Option<&str> {
        self.services.name(service)
    }

    /// Counts of a service since it was deployed; `None` if it is not one of this node's.
    #[must_use]
    pub fn service_statistics(&self, service: ServiceId) -> Option<ServiceStatistics> {
        self.services.statistics(service)
    }

    /// Makes a service resident, so that its next invocation is warm. Does nothing if it is.
    ///
    /// # Errors
    /// There is no such service, or no room for it in the zone.
    pub fn place(&mut self, service: ServiceId) -> Result<(), PlaceError> {
        self.services.place(service)
    }

    /// Frees a service's place in the zone; its next invocation is cold. Does nothing if it has none.
    ///
    /// # Errors
    /// There is no such service, or a worker has jobs of it.
    pub fn evict(&mut self, service: ServiceId) -> Result<(), PlaceError> {
        self.services.evict(service)
    }

    pub(super) fn check_ban(&self, service: ServiceId) -> Result<(), SubmitError> {
        let Some(ban) = self.services.ban(service)? else { return Ok(()) };
        let name = self.services.name(service).unwrap_or_default().to_owned();
        Err(SubmitError::Banned { name, ban })
    }
}
