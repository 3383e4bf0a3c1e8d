//! Aliases: other names of versions.

use hyper::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::input::AliasInput;
use super::known::known;
use super::view::AliasView;
use crate::app::App;
use crate::app::refusal::Refusal;
use crate::functions::name::{NameError, Qualifier, Target, is_alias_name};
use crate::functions::record::{Alias, Function};
use crate::http::reply::{self, Reply};
use crate::registry::error::ChangeError;

pub(super) async fn create(
    app: &App,
    target: &Target,
    input: AliasInput,
) -> Result<Reply, Refusal> {
    let name = input.name.unwrap_or_default();
    if !is_alias_name(&name) {
        return Err(NameError::Qualifier { found: name }.into());
    }
    let version = input.function_version.as_deref().map(version).transpose()?.unwrap_or(0);
    let description = input.description.unwrap_or_default();
    let change = |function: &mut Function| {
        if function.aliases.contains_key(&name) {
            return Err(ChangeError::Exists { what: "alias", name: name.clone() });
        }
        has_version(function, version)?;
        function.aliases.insert(name.clone(), Alias { id: Uuid::new_v4(), version, description });
        Ok(())
    };
    app.deployer.edit(&target.function, change).await?;
    shown(app, target, &name, StatusCode::CREATED)
}

pub(super) async fn update(
    app: &App,
    target: &Target,
    name: &str,
    input: AliasInput,
) -> Result<Reply, Refusal> {
    let version = input.function_version.as_deref().map(version).transpose()?;
    let change = |function: &mut Function| {
        let mut alias = alias(function, name)?;
        let found = alias.id.to_string();
        if let Some(expected) = input.revision_id
            && expected != found
        {
            return Err(ChangeError::Revision { found, expected });
        }
        alias.version = version.unwrap_or(alias.version);
        alias.description = input.description.unwrap_or(alias.description);
        alias.id = Uuid::new_v4();
        has_version(function, alias.version)?;
        function.aliases.insert(name.to_owned(), alias);
        Ok(())
    };
    app.deployer.edit(&target.function, change).await?;
    shown(app, target, name, StatusCode::OK)
}

pub(super) fn get(app: &App, target: &Target, name: &str) -> Result<Reply, Refusal> {
    shown(app, target, name, StatusCode::OK)
}

pub(super) fn list(app: &App, target: &Target) -> Result<Reply, Refusal> {
    let deployed = known(app, target)?;
    let function = &deployed.function;
    let aliases = function.aliases.iter().map(|(name, alias)| AliasView::of(function, name, alias));
    Ok(reply::json(StatusCode::OK, &json!({ "Aliases": aliases.collect::<Vec<_>>() })))
}

/// Deleting one that is not there is fine: it is not there after it.
pub(super) async fn delete(app: &App, target: &Target, name: &str) -> Result<Reply, Refusal> {
    let change = |function: &mut Function| {
        function.aliases.remove(name);
        Ok(())
    };
    app.deployer.edit(&target.function, change).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn shown(app: &App, target: &Target, name: &str, status: StatusCode) -> Result<Reply, Refusal> {
    let deployed = known(app, target)?;
    let alias = alias(&deployed.function, name)?;
    Ok(reply::json(status, &AliasView::of(&deployed.function, name, &alias)))
}

fn alias(function: &Function, name: &str) -> Result<Alias, ChangeError> {
    function.aliases.get(name).cloned().ok_or_else(|| no_state(function, name))
}

fn has_version(function: &Function, version: u32) -> Result<(), ChangeError> {
    match version == 0 || function.versions.contains_key(&version) {
        true => Ok(()),
        false => Err(no_state(function, &version.to_string())),
    }
}

fn no_state(function: &Function, qualifier: &str) -> ChangeError {
    ChangeError::NoState { name: function.name.clone(), qualifier: qualifier.to_owned() }
}

/// The number of `$LATEST`, which is 0, or of a version.
fn version(text: &str) -> Result<u32, NameError> {
    match Qualifier::parse(text)? {
        Qualifier::Latest => Ok(0),
        Qualifier::Version(version) => Ok(version),
        Qualifier::Alias(found) => Err(NameError::Qualifier { found }),
    }
}
