//! `mote events`: what is kept until it has run, and what does not run any more.

pub(crate) mod args;

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mote_server::admin::client::{AdminClient, EventBodyView, EventView};
use serde::Serialize;
use uuid::Uuid;

use super::columns::columns;
use super::node::{ask, client};
use crate::status::{Failure, Status};
use crate::terminal::output;
use args::{ChangeArgs, EventsArgs, EventsCommand, ListArgs, ShowArgs};

/// Lists, shows or changes events.
///
/// # Errors
/// No node answers, or there is no such event.
pub(crate) fn execute(args: &EventsArgs) -> Result<Status, Failure> {
    match &args.command {
        EventsCommand::List(args) => list(args),
        EventsCommand::Show(args) => show(args),
        EventsCommand::Retry(args) => change(args, async |client, id| client.retry_event(id).await),
        EventsCommand::Drop(args) => change(args, async |client, id| client.drop_event(id).await),
    }
}

fn list(args: &ListArgs) -> Result<Status, Failure> {
    let client = client(&args.node)?;
    let events = ask(client.events(args.function.as_deref(), args.parked, args.limit))?;
    if args.json {
        return say_json(&events);
    }
    let headings = ["ID", "FUNCTION", "STATE", "TRIES", "BYTES", "FAILURE"].map(str::to_owned);
    let rows: Vec<_> = [headings].into_iter().chain(events.iter().map(row)).collect();
    say(&columns(&rows))
}

fn show(args: &ShowArgs) -> Result<Status, Failure> {
    let shown = ask(client(&args.node)?.event(args.id))?;
    if args.json {
        return say_json(&shown);
    }
    let EventBodyView { event, body_base64 } = &shown;
    let body = BASE64_STANDARD.decode(body_base64).context("the node's answer is not base64")?;
    let failure = event.failure.as_ref().map_or_else(String::new, |failure| {
        format!("failed: {} at {} ms: {}\n", failure.outcome, failure.at_ms, failure.message)
    });
    let due = event.due_ms.map_or_else(String::new, |due_ms| format!("due: {due_ms} ms\n"));
    say(&format!(
        "event: {}\nfunction: {}\nstate: {}\ntries: {}\naccepted: {} ms\n{due}{failure}\n",
        event.id,
        function(event),
        event.state.name(),
        event.tries,
        event.accepted_ms,
    ))?;
    output::write_all(&body)?;
    Ok(Status::Done)
}

fn change<E>(args: &ChangeArgs, change: E) -> Result<Status, Failure>
where
    E: AsyncFn(&AdminClient, Uuid) -> Result<(), mote_server::admin::client::AdminError>,
{
    let client = client(&args.node)?;
    let ids = match args.parked {
        true => parked(&client, args.function.as_deref())?,
        false => args.ids.clone(),
    };
    for &id in &ids {
        ask(change(&client, id))?;
    }
    match args.json {
        true => say_json(&ids),
        false => say(&ids.iter().map(|id| format!("{id}\n")).collect::<String>()),
    }
}

fn parked(client: &AdminClient, function: Option<&str>) -> Result<Vec<Uuid>, Failure> {
    let events = ask(client.events(function, true, usize::MAX))?;
    Ok(events.into_iter().map(|event| event.id).collect())
}

fn row(event: &EventView) -> [String; 6] {
    let failure = event.failure.as_ref();
    let failure = failure.map(|failure| format!("{}: {}", failure.outcome, failure.message));
    let first_line = failure.unwrap_or_default().lines().next().unwrap_or_default().to_owned();
    [
        event.id.to_string(),
        function(event),
        event.state.name().to_owned(),
        event.tries.to_string(),
        event.body_bytes.to_string(),
        first_line,
    ]
}

fn function(event: &EventView) -> String {
    let qualifier = event.qualifier.as_ref().map(|qualifier| format!(":{qualifier}"));
    format!("{}{}", event.function, qualifier.unwrap_or_default())
}

fn say_json(value: &impl Serialize) -> Result<Status, Failure> {
    let json = serde_json::to_string(value).context("cannot write it as JSON")?;
    say(&(json + "\n"))
}

fn say(text: &str) -> Result<Status, Failure> {
    output::print(text)?;
    Ok(Status::Done)
}
