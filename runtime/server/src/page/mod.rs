//! The page at `/`: functions, what they do now, and what failed lately. Three files and one JSON object.

mod state;

use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Method, StatusCode};

use crate::app::App;
use crate::functions::tenant::Tenant;
use crate::http::reply::{self, Reply};
use state::State;

/// Where the page asks for what it shows.
pub(crate) const STATE_PATH: &str = "/page/state";

/// The page runs its own script, asks its own node, and is in no other page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The file at `path`, if the page is on and has one there. Files say nothing of the node, so anybody gets them.
pub(crate) fn file(app: &App, method: &Method, path: &str) -> Option<Reply> {
    if !app.config.page || method != Method::GET {
        return None;
    }
    let (kind, text) = match path {
        "/" => ("text/html; charset=utf-8", include_str!("../../page/index.html")),
        "/page/page.css" => ("text/css; charset=utf-8", include_str!("../../page/page.css")),
        "/page/page.js" => ("text/javascript; charset=utf-8", include_str!("../../page/page.js")),
        _ => return None,
    };
    let mut reply = reply::bytes(StatusCode::OK, HeaderValue::from_static(kind), text.into());
    let headers = reply.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(reply)
}

/// What the page shows to `tenant`, if the page is on and asks for it.
pub(crate) async fn state(
    app: &App,
    tenant: &Tenant,
    method: &Method,
    path: &str,
) -> Option<Reply> {
    let is_asked = app.config.page && method == Method::GET && path == STATE_PATH;
    if !is_asked {
        return None;
    }
    let mut functions = app.functions().await;
    functions.retain(|(deployed, _)| deployed.id.tenant == *tenant);
    let state = State::of(&functions, app.logs.failures(tenant));
    Some(reply::json(StatusCode::OK, &state))
}
