//! The bodies of requests. What a node has no use for is not looked at.
//!
//! Spec: AWS Lambda API reference, "Request Body" of each action.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use crate::app::refusal::Refusal;
use crate::functions::description::Description;
use crate::functions::variables::Variables;

/// CreateFunction.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateFunction {
    pub(super) function_name: String,
    pub(super) code: Code,
    #[serde(default)]
    pub(super) publish: bool,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(flatten)]
    pub(super) about: About,
}

/// UpdateFunctionCode.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateCode {
    #[serde(flatten)]
    pub(super) code: Code,
    #[serde(default)]
    pub(super) publish: bool,
    #[serde(default)]
    pub(super) dry_run: bool,
    pub(super) revision_id: Option<String>,
}

/// UpdateFunctionConfiguration.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UpdateConfiguration {
    #[serde(flatten)]
    pub(super) about: About,
    pub(super) revision_id: Option<String>,
}

/// PublishVersion.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Publish {
    pub(super) revision_id: Option<String>,
    /// The `CodeSha256` that the last state must have.
    #[serde(rename = "CodeSha256")]
    pub(super) code_sha256: Option<String>,
}

/// CreateAlias and UpdateAlias.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AliasInput {
    pub(super) name: Option<String>,
    pub(super) function_version: Option<String>,
    pub(super) description: Option<String>,
    pub(super) revision_id: Option<String>,
}

/// TagResource.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tags {
    pub(super) tags: BTreeMap<String, String>,
}

/// A function's code.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Code {
    zip_file: Option<String>,
}

/// What describes a function.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct About {
    description: Option<String>,
    runtime: Option<String>,
    role: Option<String>,
    handler: Option<String>,
    timeout: Option<u32>,
    memory_size: Option<u32>,
    environment: Option<Environment>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    #[serde(default)]
    variables: Variables,
}

impl Code {
    /// The archive or image.
    pub(super) fn package(self) -> Result<Vec<u8>, Refusal> {
        let text = self.zip_file.ok_or(Refusal::NoPackage)?;
        BASE64_STANDARD.decode(text).map_err(Refusal::Base64)
    }
}

impl About {
    /// What was said before, with what is said now.
    pub(super) fn over(self, before: Description) -> Description {
        Description {
            text: self.description.unwrap_or(before.text),
            runtime: self.runtime.unwrap_or(before.runtime),
            role: self.role.unwrap_or(before.role),
            handler: self.handler.unwrap_or(before.handler),
            timeout_s: self.timeout.unwrap_or(before.timeout_s),
            memory_mb: self.memory_size.unwrap_or(before.memory_mb),
            variables: match self.environment {
                Some(given) => given.variables.after(&before.variables),
                None => before.variables,
            },
            ..before
        }
    }
}
