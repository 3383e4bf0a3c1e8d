//! The functions of a running node: what is kept of each, and which of the node's services runs it.

pub(crate) mod deploy;
pub(crate) mod error;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use mote_dispatcher::ServiceId;

use crate::config::settings::Settings;
use crate::functions::images::Digest;
use crate::functions::name::{Target, arn};
use crate::functions::record::{Function, Revision};
use crate::metrics::function::FunctionMetrics;

/// All functions, by name. Readers see a function before or after a change, and never during it.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    functions: RwLock<HashMap<String, Arc<Deployed>>>,
}

/// A function and what runs it.
#[derive(Debug)]
pub(crate) struct Deployed {
    pub(crate) function: Function,
    /// The node's service for each image. One that the node refused is not here.
    services: BTreeMap<Digest, ServiceId>,
    pub(crate) metrics: Arc<FunctionMetrics>,
}

/// What a request is to run.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) service: ServiceId,
    pub(crate) settings: Settings,
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
        Self::Unknown { arn: arn(&target.name, qualifier.as_deref()) }
    }
}

impl Deployed {
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
        let deployed = self.get(&target.name).ok_or_else(unknown)?;
        let (state, version) =
            deployed.function.state(target.qualifier.as_ref()).ok_or_else(unknown)?;
        let Some(&service) = deployed.services.get(&state.image) else {
            return Err(Unresolved::Stale { name: target.name.clone() });
        };
        let metrics = Arc::clone(&deployed.metrics);
        Ok(Resolved { service, settings: state.settings, version, metrics })
    }

    /// The function `name`.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Deployed>> {
        self.functions.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Every function, in the order of their names.
    pub(crate) fn all(&self) -> Vec<Arc<Deployed>> {
        let functions = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = functions.values().cloned().collect();
        drop(functions);
        all.sort_unstable_by(|a, b| a.function.name.cmp(&b.function.name));
        all
    }

    fn put(&self, deployed: Deployed) {
        let mut functions = self.functions.write().unwrap_or_else(PoisonError::into_inner);
        functions.insert(deployed.function.name.clone(), Arc::new(deployed));
    }

    fn take(&self, name: &str) -> Option<Arc<Deployed>> {
        self.functions.write().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}
