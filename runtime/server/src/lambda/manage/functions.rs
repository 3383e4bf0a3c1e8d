//! Functions and their versions.

use hyper::StatusCode;
use serde_json::json;

use super::input::{Code, CreateFunction, Publish, UpdateCode, UpdateConfiguration};
use super::known::known;
use super::view::Configuration;
use crate::app::App;
use crate::app::refusal::Refusal;
use crate::functions::description::Description;
use crate::functions::images::Digest;
use crate::functions::name::{Qualifier, Target, arn};
use crate::functions::record::{Function, Revision};
use crate::functions::tenant::Tenant;
use crate::http::query;
use crate::http::reply::{self, Reply};
use crate::registry::error::ChangeError;

/// Functions on one page of a list, unless the client asks for fewer.
const PAGE: usize = 50;

pub(super) async fn create(
    app: &App,
    tenant: &Tenant,
    input: CreateFunction,
) -> Result<Reply, Refusal> {
    let target = Target::parse(tenant, &input.function_name, None)?;
    if app.registry.get(&target.function).is_some() {
        return Err(exists(&target).into());
    }
    let (image, description) = packed(app, input.code).await?;
    let description = input.about.over(description);
    let settings = description.variables.settings(app.config.defaults)?;
    let mut function =
        Function::new(&target.function, Revision::new(&image, settings, description));
    function.tags = input.tags;
    if input.publish {
        function.publish();
    }
    let change = |before: Option<Function>| match before {
        Some(_) => Err(exists(&target)),
        None => Ok((function, ())),
    };
    app.deployer.release(&target.function, image, change).await?;
    Ok(reply::json(StatusCode::CREATED, &Configuration::latest(&*known(app, &target)?)))
}

pub(super) async fn update_code(
    app: &App,
    target: &Target,
    input: UpdateCode,
) -> Result<Reply, Refusal> {
    let before = known(app, target)?;
    let (image, package) = packed(app, input.code).await?;
    if input.dry_run {
        return Ok(reply::json(StatusCode::OK, &Configuration::latest(&before)));
    }
    let change = |before: Option<Function>| {
        let unknown = || ChangeError::Unknown { name: target.function.to_string() };
        let mut function = before.ok_or_else(unknown)?;
        is_revision(&function.latest, input.revision_id.as_deref())?;
        let description = Description {
            package: package.package,
            package_bytes: package.package_bytes,
            ..function.latest.description.clone()
        };
        function.latest = Revision::new(&image, function.latest.settings, description);
        let version = if input.publish { function.publish() } else { 0 };
        Ok((function, version))
    };
    let version = app.deployer.release(&target.function, image.clone(), change).await?;
    state(app, target, version, StatusCode::OK)
}

pub(super) async fn update_configuration(
    app: &App,
    target: &Target,
    input: UpdateConfiguration,
) -> Result<Reply, Refusal> {
    let before = known(app, target)?.function.latest.description.clone();
    let description = input.about.over(before);
    let settings = description.variables.settings(app.config.defaults)?;
    let change = |function: &mut Function| {
        is_revision(&function.latest, input.revision_id.as_deref())?;
        function.latest = function.latest.changed(settings, description);
        Ok(())
    };
    app.deployer.edit(&target.function, change).await?;
    state(app, target, 0, StatusCode::OK)
}

pub(super) async fn publish(app: &App, target: &Target, input: Publish) -> Result<Reply, Refusal> {
    let latest = known(app, target)?;
    let found = serde_json::to_value(Configuration::latest(&latest))?;
    if input.code_sha256.is_some_and(|expected| found["CodeSha256"] != expected) {
        return Err(Refusal::OtherCode);
    }
    let change = |function: &mut Function| {
        is_revision(&function.latest, input.revision_id.as_deref())?;
        Ok(function.publish())
    };
    let version = app.deployer.edit(&target.function, change).await?;
    state(app, target, version, StatusCode::CREATED)
}

pub(super) fn get(app: &App, target: &Target) -> Result<Reply, Refusal> {
    let deployed = known(app, target)?;
    let configuration = configured(app, target)?;
    let object = json!({
        "Configuration": configuration,
        "Code": { "RepositoryType": "S3", "Location": "" },
        "Tags": deployed.function.tags,
    });
    Ok(reply::json(StatusCode::OK, &object))
}

pub(super) fn configuration(app: &App, target: &Target) -> Result<Reply, Refusal> {
    Ok(reply::json(StatusCode::OK, &configured(app, target)?))
}

pub(super) async fn delete(app: &App, target: &Target) -> Result<Reply, Refusal> {
    match &target.qualifier {
        None => app.deployer.remove(&target.function).await?,
        Some(qualifier) => delete_version(app, target, qualifier).await?,
    }
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

pub(super) fn list(app: &App, tenant: &Tenant, query: Option<&str>) -> Result<Reply, Refusal> {
    let from = query::value(query, "Marker").unwrap_or_default();
    let most = query::value(query, "MaxItems").and_then(|most| most.parse().ok());
    let most = most.unwrap_or(PAGE).clamp(1, PAGE);
    let all = app.registry.of(tenant);
    let mut rest = all.iter().filter(|deployed| *deployed.function.name >= *from);
    let page: Vec<_> =
        rest.by_ref().take(most).map(|deployed| Configuration::latest(deployed)).collect();
    let next = rest.next().map(|deployed| &*deployed.function.name);
    Ok(reply::json(StatusCode::OK, &json!({ "Functions": page, "NextMarker": next })))
}

pub(super) fn versions(app: &App, target: &Target) -> Result<Reply, Refusal> {
    let versions = Configuration::versions(&*known(app, target)?);
    Ok(reply::json(StatusCode::OK, &json!({ "Versions": versions })))
}

/// No function has a configuration of code signing.
pub(super) fn code_signing(app: &App, target: &Target) -> Result<Reply, Refusal> {
    let name = &known(app, target)?.function.name;
    let object = json!({ "CodeSigningConfigArn": "", "FunctionName": name });
    Ok(reply::json(StatusCode::OK, &object))
}

async fn delete_version(app: &App, target: &Target, qualifier: &Qualifier) -> Result<(), Refusal> {
    let &Qualifier::Version(version) = qualifier else { return Err(Refusal::NotAVersion) };
    let change = |function: &mut Function| {
        let user = function.aliases.iter().find(|(_, alias)| alias.version == version);
        if let Some((alias, _)) = user {
            return Err(ChangeError::InUse { alias: alias.clone(), version });
        }
        function.versions.remove(&version);
        Ok(())
    };
    Ok(app.deployer.edit(&target.function, change).await?)
}

/// The image of the code that was submitted, and a description of both.
async fn packed(app: &App, code: Code) -> Result<(Vec<u8>, Description), Refusal> {
    let package = code.package()?;
    let (digest, package_bytes) = (Digest::of(&package), package.len() as u64);
    let image = app.packager.image(package).await?;
    let description = Description::of_image(&image);
    Ok((image, Description { package: digest, package_bytes, ..description }))
}

fn configured(app: &App, target: &Target) -> Result<Configuration, Refusal> {
    let deployed = known(app, target)?;
    let qualifier = target.qualifier.as_ref();
    let (state, version) =
        deployed.function.state(qualifier).ok_or_else(|| Refusal::unknown(target))?;
    let qualifier = qualifier.map(ToString::to_string);
    Ok(Configuration::of(&deployed, state, &version, qualifier.as_deref()))
}

/// The reply that shows the last state, or the version that is not 0.
fn state(app: &App, target: &Target, version: u32, status: StatusCode) -> Result<Reply, Refusal> {
    let qualifier = (version != 0).then_some(Qualifier::Version(version));
    let target = Target { function: target.function.clone(), qualifier };
    Ok(reply::json(status, &configured(app, &target)?))
}

fn is_revision(state: &Revision, expected: Option<&str>) -> Result<(), ChangeError> {
    let found = state.id.to_string();
    match expected {
        Some(expected) if expected != found => {
            Err(ChangeError::Revision { found, expected: expected.to_owned() })
        }
        _ => Ok(()),
    }
}

fn exists(target: &Target) -> ChangeError {
    ChangeError::Exists { what: "function", name: arn(&target.function.name, None) }
}
