//! Changing functions: deploying, going back, removing. One change at a time.
//!
//! A change is checked first (the node takes the image), then durable (the store has it), then visible
//! (requests see it), and last the node forgets what nobody needs any more. So a crash in between loses
//! a change that was not acknowledged, or nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use mote_dispatcher::{DeployError, ServiceId};
use thiserror::Error;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::spawn_blocking;

use super::{Deployed, Registry};
use crate::config::settings::Settings;
use crate::door::Door;
use crate::functions::images::Digest;
use crate::functions::name::{NameError, is_function_name};
use crate::functions::record::{Function, Revision};
use crate::functions::store::{Store, StoreError};

/// Whoever changes functions.
#[derive(Debug)]
pub(crate) struct Deployer {
    registry: Arc<Registry>,
    door: Arc<Door>,
    store: Arc<Store>,
    one_at_a_time: Mutex<()>,
}

/// Why functions are as they were.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// It may not be called so.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The node does not take the image.
    #[error(transparent)]
    Image(#[from] DeployError),
    /// It cannot be made durable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such function.
    #[error("there is no function `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// There is no such version.
    #[error("`{name}` has no version to go back to; its versions are {versions}")]
    NoVersion {
        /// The function.
        name: String,
        /// The numbers of its versions.
        versions: String,
    },
}

/// What is to be deployed.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) name: String,
    pub(crate) image: Vec<u8>,
    pub(crate) settings: Settings,
}

impl Deployer {
    pub(crate) fn new(registry: Arc<Registry>, door: Arc<Door>, store: Arc<Store>) -> Self {
        Self { registry, door, store, one_at_a_time: Mutex::new(()) }
    }

    /// Gives the node what the store has. An image that the node refuses is told in the log.
    pub(crate) async fn restore(&self) -> Result<(), ChangeError> {
        let _turn = self.turn().await;
        let store = Arc::clone(&self.store);
        for function in blocking(move || store.functions()).await? {
            let mut services = BTreeMap::new();
            for digest in function.images() {
                let store = Arc::clone(&self.store);
                let image = blocking(move || store.image(digest)).await?;
                match self.door.deploy(&function.name, image).await {
                    Ok(service) => {
                        services.insert(digest, service);
                    }
                    Err(error) => {
                        tracing::warn!(function = function.name, %digest, %error, "not restored");
                    }
                }
            }
            self.registry.put(Deployed { function, services, metrics: Arc::default() });
        }
        Ok(())
    }

    /// Deploys a new version, and returns its number.
    pub(crate) async fn deploy(&self, release: Release) -> Result<u32, ChangeError> {
        let _turn = self.turn().await;
        self.replace(release).await
    }

    /// Deploys a new version unless the last one is the same.
    pub(crate) async fn ensure(&self, release: Release) -> Result<u32, ChangeError> {
        let _turn = self.turn().await;
        if let Some(deployed) = self.registry.get(&release.name) {
            let latest = &deployed.function.latest;
            let is_same =
                latest.image == Digest::of(&release.image) && latest.settings == release.settings;
            if is_same && deployed.services.contains_key(&latest.image) {
                return Ok(latest.version);
            }
        }
        self.replace(release).await
    }

    /// Makes an earlier version the last state again; the one before if none is named.
    pub(crate) async fn roll_back(&self, name: &str, to: Option<u32>) -> Result<u32, ChangeError> {
        let _turn = self.turn().await;
        let deployed = self.known(name)?;
        let mut function = deployed.function.clone();
        let Some(version) = function.roll_back(to) else {
            let versions: Vec<_> = function.versions.keys().map(ToString::to_string).collect();
            return Err(ChangeError::NoVersion {
                name: name.to_owned(),
                versions: versions.join(", "),
            });
        };
        self.keep(&function).await?;
        let services = deployed.services.clone();
        let metrics = Arc::clone(&deployed.metrics);
        self.registry.put(Deployed { function, services, metrics });
        Ok(version)
    }

    /// Removes a function with all its versions.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), ChangeError> {
        let _turn = self.turn().await;
        self.known(name)?;
        let (store, removed) = (Arc::clone(&self.store), name.to_owned());
        blocking(move || store.remove(&removed)).await?;
        if let Some(deployed) = self.registry.take(name) {
            deployed.services.values().for_each(|&service| self.door.remove(service));
        }
        Ok(())
    }

    async fn replace(&self, release: Release) -> Result<u32, ChangeError> {
        let Release { name, image, settings } = release;
        if !is_function_name(&name) {
            return Err(NameError::Function { found: name }.into());
        }
        let service = self.door.deploy(&name, image.clone()).await?;
        let before = self.registry.get(&name);
        let changed = self.record(before.as_deref(), &name, image, settings).await;
        let function = match changed {
            Ok(function) => function,
            Err(error) => {
                self.door.remove(service);
                return Err(error);
            }
        };
        let version = function.latest.version;
        self.show(before.as_deref(), function, service);
        Ok(version)
    }

    /// The function with its new version, on disk.
    async fn record(
        &self,
        before: Option<&Deployed>,
        name: &str,
        image: Vec<u8>,
        settings: Settings,
    ) -> Result<Function, ChangeError> {
        let image_bytes = image.len() as u64;
        let store = Arc::clone(&self.store);
        let image = blocking(move || store.put_image(&image)).await?;
        let next = Revision { image, image_bytes, settings, modified_ms: now_ms(), version: 0 };
        let function = match before {
            None => Function::new(name, next),
            Some(deployed) => {
                let mut function = deployed.function.clone();
                function.replace(next);
                function
            }
        };
        self.keep(&function).await?;
        Ok(function)
    }

    /// Lets requests see the function, whose last state is run by `service`.
    fn show(&self, before: Option<&Deployed>, function: Function, service: ServiceId) {
        let mut services = before.map(|deployed| deployed.services.clone()).unwrap_or_default();
        let metrics = before.map(|deployed| Arc::clone(&deployed.metrics)).unwrap_or_default();
        // The same image again runs as a new service: what was remembered of the old one, such as a
        // ban, is forgotten.
        let replaced = services.insert(function.latest.image, service);
        self.registry.put(Deployed { function, services, metrics });
        replaced.into_iter().for_each(|service| self.door.remove(service));
    }

    async fn keep(&self, function: &Function) -> Result<(), ChangeError> {
        let (store, function) = (Arc::clone(&self.store), function.clone());
        Ok(blocking(move || store.write(&function)).await?)
    }

    fn known(&self, name: &str) -> Result<Arc<Deployed>, ChangeError> {
        self.registry.get(name).ok_or_else(|| ChangeError::Unknown { name: name.to_owned() })
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

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
