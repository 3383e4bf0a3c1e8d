//! Runs the events that are due, some at once.
//!
//! What became of an event is noted after its invocation ended and was logged. So an event whose end nobody
//! saw, because the node ended first, runs again.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use mote_dispatcher::Outcome;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::app::App;
use crate::app::refusal::Refusal;
use crate::events::index::Event;
use crate::events::record::Record;
use crate::functions::record::now_ms;
use crate::http::body::Body;
use crate::metrics::Refused;

/// The longest sleep; what is due later is looked at again, and the clock may have been set meanwhile.
const MAX_SLEEP: Duration = Duration::from_secs(60);

/// Runs events until `end`, and then those that are under way to their end.
pub(crate) async fn run(app: Arc<App>, end: impl Future<Output = ()>) {
    let mut running = JoinSet::new();
    tokio::pin!(end);
    loop {
        let is_full = fill(&app, &mut running);
        tokio::select! {
            () = &mut end => break,
            Some(joined) = running.join_next() => joined.expect("delivering does not panic"),
            () = app.events.changed(), if !is_full => {}
            () = tokio::time::sleep(until_next(&app)), if !is_full => {}
        }
    }
    while let Some(joined) = running.join_next().await {
        joined.expect("delivering does not panic");
    }
}

/// Starts what is due. Returns whether as many run as may.
fn fill(app: &Arc<App>, running: &mut JoinSet<()>) -> bool {
    let most = app.config.events.concurrency as usize;
    while running.len() < most {
        let Some(event) = app.events.take_due() else { return false };
        let app = Arc::clone(app);
        running.spawn(async move { deliver(&app, event).await });
    }
    true
}

fn until_next(app: &App) -> Duration {
    let next_ms = app.events.next_due_ms().unwrap_or(u64::MAX);
    Duration::from_millis(next_ms.saturating_sub(now_ms())).min(MAX_SLEEP)
}

async fn deliver(app: &App, event: Event) {
    let Event { id, record, .. } = event;
    match app.events.body(id).await {
        Ok(Some(body)) => settle(app, id, invoke(app, id, &record, Body::kept(body)).await),
        Ok(None) => app.events.park(id, "its body is gone"),
        Err(error) => {
            tracing::error!(event = %id, %error, "an event cannot be read");
            app.events.postpone(id);
        }
    }
}

/// How an event's invocation ended, and what was said.
struct Ended {
    outcome: Outcome,
    message: String,
}

async fn invoke(app: &App, id: Uuid, record: &Record, body: Body) -> Result<Ended, Refusal> {
    let answer = app.invoke(id, &record.target(&app.access.tenants)?, &body).await?;
    Ok(Ended { outcome: answer.completed.outcome, message: answer.message })
}

fn settle(app: &App, id: Uuid, result: Result<Ended, Refusal>) {
    match result {
        Ok(Ended { outcome: Outcome::Ok, .. }) => app.events.done(id),
        Ok(Ended { outcome, message }) => app.events.failed(id, outcome.name(), &message),
        Err(refusal) if refusal.kind() == Refused::Overload => app.events.postpone(id),
        Err(refusal) => app.events.park(id, &refusal.to_string()),
    }
}
