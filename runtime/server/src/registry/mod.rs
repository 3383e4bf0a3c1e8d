//! The functions of a running node: what is kept of each, and which of the node's services runs it.

pub(crate) mod deploy;
pub(crate) mod error;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use mote_dispatcher::{ServiceId, TenantId};
use uuid::Uuid;

use crate::config::settings::Settings;
use crate::functions::images::Digest;
use crate::functions::name::{FunctionId, Target, arn};
use crate::functions::record::{Function, Revision};
use crate::functions::tenant::Tenant;
use crate::metrics::function::FunctionMetrics;

/// All functions, by tenant and name. Readers see a function before or after a change, and never during it.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    functions: RwLock<HashMap<TenantId, Functions>>,
}

/// The functions of one tenant, by name.
type Functions = HashMap<String, Arc<Deployed>>;

/// A function and what runs it.
#[derive(Debug)]
pub(crate) struct Deployed {
    pub(crate) id: FunctionId,
    pub(crate) function: Function,
    /// The node's service for each image. One that the node refused is not here.
    services: BTreeMap<Digest, ServiceId>,
    /// What reaches the services of its states, by revision; states without are not here.
    variables: HashMap<Uuid, Bytes>,
    pub(crate) metrics: Arc<FunctionMetrics>,
}

/// What a request is to run.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) service: ServiceId,
    pub(crate) settings: Settings,
    /// The variables that reach the service, as [`mote_abi::variables`] has them.
    pub(crate) variables: Bytes,
    /// The state that runs, as clients call it.
    pub(crate) version: String,
    pub(crate) metrics: Arc<FunctionMetrics>,
}

/// Why a target means nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unresolved {
    /// There is no such function, or it has no such state.
    Unknown { arn: String },
    /// The node refuses its image: another `mote` or compiler built it.
    Stale { name: String },
}

impl Unresolved {
    pub(crate) fn unknown(target: &Target) -> Self {
        let qualifier = target.qualifier.as_ref().map(ToString::to_string);
        Self::Unknown { arn: arn(&target.function.name, qualifier.as_deref()) }
    }
}

impl Deployed {
    fn new(
        id: FunctionId,
        function: Function,
        services: BTreeMap<Digest, ServiceId>,
        metrics: Arc<FunctionMetrics>,
    ) -> Self {
        let block = |state: &Revision| match state.description.variables.block() {
            Ok(block) if block.is_empty() => None,
            Ok(block) => Some((state.id, block.into())),
            // They were checked before they were kept.
            Err(_) => None,
        };
        let states = function.versions.values().chain([&function.latest]);
        let variables = states.filter_map(block).collect();
        Self { id, function, services, variables, metrics }
    }

    /// Whether the node runs this state.
    pub(crate) fn runs(&self, state: &Revision) -> bool {
        self.services.contains_key(&state.image)
    }

    /// One of the services that run it; the node knows by their name that they belong together.
    pub(crate) fn service(&self) -> Option<ServiceId> {
        self.services.values().next().copied()
    }

    /// Whether the node runs its last state.
    pub(crate) fn is_ready(&self) -> bool {
        self.runs(&self.function.latest)
    }
}

impl Registry {
    /// What `target` means now.
    pub(crate) fn resolve(&self, target: &Target) -> Result<Resolved, Unresolved> {
        let unknown = || Unresolved::unknown(target);
        let deployed = self.get(&target.function).ok_or_else(unknown)?;
        let (state, version) =
            deployed.function.state(target.qualifier.as_ref()).ok_or_else(unknown)?;
        let Some(&service) = deployed.services.get(&state.image) else {
            return Err(Unresolved::Stale { name: target.function.name.clone() });
        };
        let metrics = Arc::clone(&deployed.metrics);
        let variables = deployed.variables.get(&state.id).cloned().unwrap_or_default();
        Ok(Resolved { service, settings: state.settings, variables, version, metrics })
    }

    /// The function that is called so.
    pub(crate) fn get(&self, id: &FunctionId) -> Option<Arc<Deployed>> {
        let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        functions.get(&id.tenant.id())?.get(&id.name).cloned()
    }

    /// Every function, tenant by tenant, in the order of their names.
    pub(crate) fn all(&self) -> Vec<Arc<Deployed>> {
        let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = functions.values().flat_map(HashMap::values).cloned().collect();
        drop(functions);
        all.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
        all
    }

    /// Every function of a tenant, in the order of their names.
    pub(crate) fn of(&self, tenant: &Tenant) -> Vec<Arc<Deployed>> {
        let mut all = self.all();
        all.retain(|deployed| deployed.id.tenant == *tenant);
        all
    }

    fn put(&self, deployed: Deployed) {
        let mut functions = self.functions.write().unwrap_or_else(PoisonError::into_inner);
        let id = deployed.id.clone();
        functions.entry(id.tenant.id()).or_default().insert(id.name, Arc::new(deployed));
    }

    fn take(&self, id: &FunctionId) -> Option<Arc<Deployed>> {
        let mut functions = self.functions.write().unwrap_or_else(PoisonError::into_inner);
        functions.get_mut(&id.tenant.id())?.remove(&id.name)
    }
}

fn order(deployed: &Deployed) -> (TenantId, &str) {
    (deployed.id.tenant.id(), &deployed.id.name)
}
