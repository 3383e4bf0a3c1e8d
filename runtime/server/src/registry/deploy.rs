//! Changing functions: deploying, going back, removing. One change at a time.
//!
//! A change is checked first (the node takes the image), then durable (the store has it), then visible
//! (requests see it), and last the node forgets what nobody needs any more. So a crash in between loses
//! a change that was not acknowledged, or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use mote_dispatcher::ServiceId;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::spawn_blocking;

use super::error::{ChangeError, Numbers};
use super::{Deployed, Registry};
use crate::config::settings::Settings;
use crate::door::Door;
use crate::functions::description::Description;
use crate::functions::images::Digest;
use crate::functions::name::{FunctionId, NameError, is_function_name};
use crate::functions::record::{Function, Revision};
use crate::functions::store::{Store, StoreError};
use crate::functions::tenant::{Tenant, Tenants};

/// Whoever changes functions.
#[derive(Debug)]
pub(crate) struct Deployer {
    registry: Arc<Registry>,
    door: Arc<Door>,
    store: Arc<Store>,
    one_at_a_time: Mutex<()>,
}

/// What is to be deployed.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) id: FunctionId,
    pub(crate) image: Vec<u8>,
    pub(crate) settings: Settings,
}

impl Deployer {
    pub(crate) fn new(registry: Arc<Registry>, door: Arc<Door>, store: Arc<Store>) -> Self {
        Self { registry, door, store, one_at_a_time: Mutex::new(()) }
    }

    /// Gives the node what the store has for these tenants. An image that the node refuses is told in the
    /// log, and so is a function whose tenant is not there.
    pub(crate) async fn restore(&self, tenants: &Tenants) -> Result<(), ChangeError> {
        let _turn = self.turn().await;
        let store = Arc::clone(&self.store);
        for function in blocking(move || store.functions()).await? {
            let Some(tenant) = tenants.get(&function.tenant) else {
                let Function { tenant, name, .. } = &function;
                tracing::warn!(tenant, function = name, "not restored: there is no such tenant");
                continue;
            };
            let id = FunctionId { tenant: tenant.clone(), name: function.name.clone() };
            let mut services = BTreeMap::new();
            for digest in function.images() {
                let store = Arc::clone(&self.store);
                let image = blocking(move || store.image(digest)).await?;
                match self.door.deploy(&id, image).await {
                    Ok(service) => {
                        services.insert(digest, service);
                    }
                    Err(error) => {
                        tracing::warn!(function = %id, %digest, %error, "not restored");
                    }
                }
            }
            self.registry.put(Deployed::new(id, function, services, Arc::default()));
        }
        Ok(())
    }

    /// Deploys a new version, and returns its number.
    pub(crate) async fn deploy(&self, release: Release) -> Result<u32, ChangeError> {
        let _turn = self.turn().await;
        self.publish(release).await
    }

    /// Deploys a new version unless the last one is the same.
    pub(crate) async fn ensure(&self, release: Release) -> Result<u32, ChangeError> {
        let _turn = self.turn().await;
        if let Some(deployed) = self.registry.get(&release.id) {
            let latest = &deployed.function.latest;
            let is_same =
                latest.image == Digest::of(&release.image) && latest.settings == release.settings;
            if is_same && deployed.is_ready() {
                return Ok(latest.version);
            }
        }
        self.publish(release).await
    }

    /// Makes an earlier version the last state again; the one before if none is named.
    pub(crate) async fn roll_back(
        &self,
        id: &FunctionId,
        to: Option<u32>,
    ) -> Result<u32, ChangeError> {
        let back = |function: &mut Function| {
            function.roll_back(to).ok_or_else(|| ChangeError::NoVersion {
                name: id.to_string(),
                versions: Numbers(function.versions.keys().copied().collect()),
            })
        };
        self.edit(id, back).await
    }

    /// Removes a function with all its versions.
    pub(crate) async fn remove(&self, id: &FunctionId) -> Result<(), ChangeError> {
        let _turn = self.turn().await;
        self.known(id)?;
        let (store, removed) = (Arc::clone(&self.store), id.clone());
        blocking(move || store.remove(&removed)).await?;
        if let Some(deployed) = self.registry.take(id) {
            deployed.services.values().for_each(|&service| self.door.remove(service));
        }
        Ok(())
    }

    /// Changes what is kept of a function, but none of its images.
    pub(crate) async fn edit<T>(
        &self,
        id: &FunctionId,
        change: impl FnOnce(&mut Function) -> Result<T, ChangeError>,
    ) -> Result<T, ChangeError> {
        let _turn = self.turn().await;
        let deployed = self.known(id)?;
        let mut function = deployed.function.clone();
        let result = change(&mut function)?;
        self.keep(&function).await?;
        self.show(id, Some(&deployed), function, None);
        Ok(result)
    }

    /// Gives a function another image, or makes the function. `change` gets the function, if there is
    /// one, and makes of it what it is to be.
    pub(crate) async fn release<T>(
        &self,
        id: &FunctionId,
        image: Vec<u8>,
        change: impl FnOnce(Option<Function>) -> Result<(Function, T), ChangeError>,
    ) -> Result<T, ChangeError> {
        let _turn = self.turn().await;
        self.replace(id, image, change).await
    }

    async fn publish(&self, release: Release) -> Result<u32, ChangeError> {
        let Release { id, image, settings } = release;
        let next = Revision::new(&image, settings, Description::of_image(&image));
        let change = |before: Option<Function>| {
            let mut function = match before {
                None => Function::new(&id, next),
                Some(before) => Function { latest: next, ..before },
            };
            let version = function.publish();
            Ok((function, version))
        };
        self.replace(&id, image, change).await
    }

    async fn replace<T>(
        &self,
        id: &FunctionId,
        image: Vec<u8>,
        change: impl FnOnce(Option<Function>) -> Result<(Function, T), ChangeError>,
    ) -> Result<T, ChangeError> {
        if !is_function_name(&id.name) {
            return Err(NameError::Function { found: id.name.clone() }.into());
        }
        let before = self.registry.get(id);
        if before.is_none() {
            self.has_room(&id.tenant)?;
        }
        let (function, result) = change(before.as_ref().map(|known| known.function.clone()))?;
        let service = self.door.deploy(id, image.clone()).await?;
        if let Err(error) = self.keep_with_image(&function, image).await {
            self.door.remove(service);
            return Err(error);
        }
        self.show(id, before.as_deref(), function, Some(service));
        Ok(result)
    }

    /// Lets requests see the function, whose last state is run by `service` if that is a new one. The
    /// same image again runs as a new service; a ban goes by the name, and stays.
    fn show(
        &self,
        id: &FunctionId,
        before: Option<&Deployed>,
        function: Function,
        service: Option<ServiceId>,
    ) {
        let mut services = before.map(|known| known.services.clone()).unwrap_or_default();
        let metrics = before.map(|known| Arc::clone(&known.metrics)).unwrap_or_default();
        let mut gone: Vec<_> = service
            .and_then(|service| services.insert(function.latest.image, service))
            .into_iter()
            .collect();
        let needed = function.images();
        gone.extend(services.extract_if(.., |image, _| !needed.contains(image)).map(|(_, id)| id));
        self.registry.put(Deployed::new(id.clone(), function, services, metrics));
        gone.into_iter().for_each(|service| self.door.remove(service));
    }

    async fn keep_with_image(
        &self,
        function: &Function,
        image: Vec<u8>,
    ) -> Result<(), ChangeError> {
        let store = Arc::clone(&self.store);
        blocking(move || store.put_image(&image)).await?;
        self.keep(function).await
    }

    async fn keep(&self, function: &Function) -> Result<(), ChangeError> {
        let (store, function) = (Arc::clone(&self.store), function.clone());
        Ok(blocking(move || store.write(&function)).await?)
    }

    fn known(&self, id: &FunctionId) -> Result<Arc<Deployed>, ChangeError> {
        self.registry.get(id).ok_or_else(|| ChangeError::Unknown { name: id.to_string() })
    }

    /// Whether the tenant may have one more function.
    fn has_room(&self, tenant: &Tenant) -> Result<(), ChangeError> {
        let limit = tenant.max_functions();
        if self.registry.of(tenant).len() < limit {
            return Ok(());
        }
        Err(ChangeError::TooMany { tenant: tenant.name().to_owned(), limit })
    }

    async fn turn(&self) -> MutexGuard<'_, ()> {
        self.one_at_a_time.lock().await
    }
}

/// Runs what waits for a disk on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(work).await.expect("work with the store does not panic and is not aborted")
}
