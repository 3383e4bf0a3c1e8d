//! The requests about events.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::StatusCode;
use uuid::Uuid;

use super::views::{EventBodyView, EventState, EventView};
use crate::app::App;
use crate::events::EventError;
use crate::events::index::Event;
use crate::events::record::State;
use crate::http::query;
use crate::http::reply::{self, Reply};

/// How many events are listed unless the query has a `limit`.
const LIMIT: usize = 1_000;

/// The events that a query wants, the oldest first.
pub(super) fn list(app: &App, query: Option<&str>) -> Reply {
    let function = query::value(query, "function");
    let is_parked = query::value(query, "state").is_some_and(|state| state == "parked");
    let limit = query::value(query, "limit").and_then(|limit| limit.parse().ok());
    let events = app.events.list(function.as_deref(), is_parked, limit.unwrap_or(LIMIT));
    reply::json(StatusCode::OK, &events.into_iter().map(view).collect::<Vec<_>>())
}

/// One event with its body.
pub(super) async fn show(app: &App, id: Uuid) -> Result<Reply, EventError> {
    let body = app.events.body(id).await.map_err(EventError::from)?;
    let shown = app.events.get(id).zip(body).map(|(event, body)| EventBodyView {
        event: view(event),
        body_base64: BASE64_STANDARD.encode(body),
    });
    let shown = shown.ok_or(EventError::unknown(id))?;
    Ok(reply::json(StatusCode::OK, &shown))
}

/// Lets an event run at once.
pub(super) async fn retry(app: &App, id: Uuid) -> Result<Reply, EventError> {
    app.events.retry(id).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Forgets an event.
pub(super) async fn discard(app: &App, id: Uuid) -> Result<Reply, EventError> {
    app.events.discard(id).await?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

fn view(event: Event) -> EventView {
    let Event { id, record, is_running } = event;
    let (state, due_ms) = match record.state {
        _ if is_running => (EventState::Running, None),
        State::Waiting { due_ms } => (EventState::Waiting, Some(due_ms)),
        State::Parked => (EventState::Parked, None),
    };
    EventView {
        id,
        function: record.function,
        qualifier: record.qualifier,
        state,
        due_ms,
        tries: record.tries,
        accepted_ms: record.accepted_ms,
        body_bytes: record.body_bytes,
        failure: record.failure,
    }
}
