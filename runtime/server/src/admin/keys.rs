//! The requests about tenants' keys.

use hyper::StatusCode;

use super::views::{GrantedView, KeyView};
use crate::access::keys::{Granted, KeyError};
use crate::app::App;
use crate::http::reply::{self, Reply};

pub(super) fn list(app: &App) -> Reply {
    let keys: Vec<_> = app.access.keys.list().into_iter().map(KeyView::of).collect();
    reply::json(StatusCode::OK, &keys)
}

/// Makes a key. This is the only time that its secret is told.
pub(super) fn grant(app: &App, tenant: &str) -> Result<Reply, KeyError> {
    let unknown = || KeyError::Tenant { name: tenant.to_owned() };
    let tenant = app.access.tenants.get(tenant).ok_or_else(unknown)?;
    let Granted { id, secret } = app.access.keys.grant(tenant)?;
    tracing::info!(key = id, tenant = tenant.name(), "granted");
    Ok(reply::json(StatusCode::CREATED, &GrantedView { id, secret }))
}

pub(super) fn revoke(app: &App, id: &str) -> Result<Reply, KeyError> {
    app.access.keys.revoke(id)?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
