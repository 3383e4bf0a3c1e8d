//! Tags: whatever a function's owner notes.

use hyper::StatusCode;
use serde_json::json;

use super::input::Tags;
use super::known::known;
use crate::app::App;
use crate::app::refusal::Refusal;
use crate::functions::name::Target;
use crate::functions::record::Function;
use crate::http::query;
use crate::http::reply::{self, Reply};

pub(super) fn list(app: &App, target: &Target) -> Result<Reply, Refusal> {
    let tags = &known(app, target)?.function.tags;
    Ok(reply::json(StatusCode::OK, &json!({ "Tags": tags })))
}

pub(super) async fn add(app: &App, target: &Target, input: Tags) -> Result<Reply, Refusal> {
    edit(app, target, |function| function.tags.extend(input.tags)).await
}

/// Removes those that the query names as `tagKeys`, once each.
pub(super) async fn remove(
    app: &App,
    target: &Target,
    query: Option<&str>,
) -> Result<Reply, Refusal> {
    let keys = query::pairs(query).filter(|(name, _)| *name == "tagKeys").map(|(_, key)| key);
    edit(app, target, |function| keys.for_each(|key| drop(function.tags.remove(&key)))).await
}

async fn edit(
    app: &App,
    target: &Target,
    change: impl FnOnce(&mut Function),
) -> Result<Reply, Refusal> {
    let change = |function: &mut Function| {
        change(function);
        Ok(())
    };
    app.deployer.edit(&target.function, change).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
