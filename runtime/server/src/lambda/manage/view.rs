//! Functions as Lambda's clients see them.
//!
//! Spec: AWS Lambda API reference, data types FunctionConfiguration and AliasConfiguration.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use uuid::Uuid;

use super::time;
use crate::functions::name::{LATEST, arn};
use crate::functions::record::{Alias, Function, Revision};
use crate::registry::Deployed;

/// A state of a function.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Configuration {
    function_name: String,
    function_arn: String,
    runtime: String,
    role: String,
    handler: String,
    code_size: u64,
    description: String,
    timeout: u32,
    memory_size: u32,
    last_modified: String,
    code_sha256: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Environment>,
    revision_id: Uuid,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason: Option<&'static str>,
    last_update_status: &'static str,
    package_type: &'static str,
    architectures: [&'static str; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: BTreeMap<String, String>,
}

/// An alias.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AliasView {
    alias_arn: String,
    name: String,
    function_version: String,
    description: String,
    revision_id: Uuid,
}

impl Configuration {
    /// The state that is called `version`. The ARN is qualified if the client asked so.
    pub(super) fn of(
        deployed: &Deployed,
        state: &Revision,
        version: &str,
        qualifier: Option<&str>,
    ) -> Self {
        let name = &deployed.function.name;
        let description = state.description.clone();
        let variables = owned(description.variables.shown());
        let is_ready = deployed.runs(state);
        Self {
            function_name: name.clone(),
            function_arn: arn(name, qualifier),
            runtime: description.runtime,
            role: description.role,
            handler: description.handler,
            code_size: description.package_bytes,
            description: description.text,
            timeout: description.timeout_s,
            memory_size: description.memory_mb,
            last_modified: time::text(state.modified_ms),
            code_sha256: BASE64_STANDARD.encode(description.package.bytes()),
            version: version.to_owned(),
            environment: (!variables.is_empty()).then_some(Environment { variables }),
            revision_id: state.id,
            state: if is_ready { "Active" } else { "Failed" },
            state_reason: (!is_ready).then_some("it was built for another node: deploy it again"),
            last_update_status: "Successful",
            package_type: "Zip",
            architectures: ["x86_64"],
        }
    }

    /// The last state.
    pub(super) fn latest(deployed: &Deployed) -> Self {
        Self::of(deployed, &deployed.function.latest, LATEST, None)
    }

    /// The last state and every version.
    pub(super) fn versions(deployed: &Deployed) -> Vec<Self> {
        let latest = Self::of(deployed, &deployed.function.latest, LATEST, Some(LATEST));
        let versions = deployed.function.versions.iter().map(|(number, state)| {
            let number = number.to_string();
            Self::of(deployed, state, &number, Some(&number))
        });
        [latest].into_iter().chain(versions).collect()
    }
}

fn owned(texts: BTreeMap<&str, &str>) -> BTreeMap<String, String> {
    texts.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl AliasView {
    pub(super) fn of(function: &Function, name: &str, alias: &Alias) -> Self {
        let version = alias.version;
        Self {
            alias_arn: arn(&function.name, Some(name)),
            name: name.to_owned(),
            function_version: if version == 0 { LATEST.to_owned() } else { version.to_string() },
            description: alias.description.clone(),
            revision_id: alias.id,
        }
    }
}
