//! The actions that change functions, or look at them.

mod aliases;
mod functions;
mod input;
mod known;
mod tags;
mod time;
mod view;

use std::sync::Arc;

use hyper::Request;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::path::{Manage, Route};
use crate::app::App;
use crate::app::refusal::Refusal;
use crate::functions::name::Target;
use crate::functions::tenant::Tenant;
use crate::http::body::{self, Arriving, BodyLimits};
use crate::http::query;
use crate::http::reply::Reply;

/// The longest request, in bytes: an archive of 48 MiB in base64, and what is around it.
const REQUEST_BYTES: usize = 65 << 20;

/// Answers an action on the names in `route`.
pub(super) async fn serve(
    app: &App,
    tenant: &Tenant,
    action: Manage,
    route: &Route,
    request: Request<Arriving>,
) -> Result<Reply, Refusal> {
    if !app.config.is_managed() {
        return Err(Refusal::Unmanaged);
    }
    let query = request.uri().query().map(str::to_owned);
    let query = query.as_deref();
    let qualifier = query::value(query, "Qualifier");
    let target = || Target::parse(tenant, &route.function, qualifier.as_deref());
    let alias = &*route.alias;
    match action {
        Manage::CreateFunction => functions::create(app, tenant, read(app, request).await?).await,
        Manage::ListFunctions => functions::list(app, tenant, query),
        Manage::GetFunction => functions::get(app, &target()?),
        Manage::DeleteFunction => functions::delete(app, &target()?).await,
        Manage::GetConfiguration => functions::configuration(app, &target()?),
        Manage::UpdateConfiguration => {
            functions::update_configuration(app, &target()?, read(app, request).await?).await
        }
        Manage::UpdateCode => {
            functions::update_code(app, &target()?, read(app, request).await?).await
        }
        Manage::PublishVersion => {
            functions::publish(app, &target()?, read(app, request).await?).await
        }
        Manage::ListVersions => functions::versions(app, &target()?),
        Manage::GetCodeSigning => functions::code_signing(app, &target()?),
        Manage::CreateAlias => aliases::create(app, &target()?, read(app, request).await?).await,
        Manage::ListAliases => aliases::list(app, &target()?),
        Manage::GetAlias => aliases::get(app, &target()?, alias),
        Manage::UpdateAlias => {
            aliases::update(app, &target()?, alias, read(app, request).await?).await
        }
        Manage::DeleteAlias => aliases::delete(app, &target()?, alias).await,
        Manage::ListTags => tags::list(app, &target()?),
        Manage::Tag => tags::add(app, &target()?, read(app, request).await?).await,
        Manage::Untag => tags::remove(app, &target()?, query).await,
    }
}

/// What bounds the body of one request.
pub(super) fn body_limits(app: &App) -> BodyLimits {
    BodyLimits {
        bytes: REQUEST_BYTES,
        time: app.config.limits.body_timeout(),
        memory: Arc::new(Semaphore::new(REQUEST_BYTES)),
    }
}

/// The request's body. An empty one is an empty object.
async fn read<T: DeserializeOwned>(app: &App, request: Request<Arriving>) -> Result<T, Refusal> {
    let body = body::read(request.into_body(), &body_limits(app)).await?;
    let text: &[u8] = if body.bytes.is_empty() { b"{}" } else { &body.bytes };
    Ok(serde_json::from_slice(text)?)
}
