//! The commands that speak to a running node through its admin socket: `mote deploy`, `invoke`,
//! `list`, `stats`, `events`, `top`, `logs`, `rollback`, `rm`, `ban`, `unban` and `access`.

pub(crate) mod access;
pub(crate) mod args;
mod columns;
pub(crate) mod events;
mod node;
pub(crate) mod top;

use std::io::Write as _;

use anyhow::{Context as _, anyhow};
use mote_abi::outcome::Outcome;
use mote_server::admin::client::{Accepted, AdminClient, FunctionView, LogLine, StatsView};
use serde::Serialize;

use crate::service::input;
use crate::service::source::{self, Source};
use crate::status::{Failure, OrStatus as _, Status};
use crate::terminal::output;
use args::{DeployArgs, FunctionArgs, InvokeArgs, ListArgs, LogsArgs, RollbackArgs};
use columns::columns;
use node::{ask, client, runtime};

/// Builds what is a folder, and deploys it as a new version.
///
/// # Errors
/// It does not build, no node answers, or the node refuses it.
pub(crate) fn deploy(args: &DeployArgs) -> Result<Status, Failure> {
    let Source { name, bytes } = source::load(&args.service)?;
    let name = args.name.clone().unwrap_or(name);
    let client = client(&args.node)?;
    let deployed = ask(client.deploy(&name, &args.set.join("&"), bytes))?;
    say(&format!("{name}: version {}\n", deployed.version))
}

/// Runs a function once, and prints its response.
///
/// # Errors
/// The body cannot be read, no node answers, or the node refuses the request.
pub(crate) fn invoke(args: &InvokeArgs) -> Result<Status, Failure> {
    let body = input::body(&args.input)?;
    let client = client(&args.node)?;
    if args.event {
        return submit(&client, &args.function, body);
    }
    let reply = ask(client.invoke(&args.function, body))?;
    let outcome = reply.headers().get("x-mote-outcome").and_then(|name| name.to_str().ok());
    let outcome = outcome.and_then(Outcome::from_name);
    let Some(Outcome::Ok) = outcome else {
        let text = String::from_utf8_lossy(reply.body()).into_owned();
        let status = outcome.map_or(Status::NodeFailed, Status::Ended);
        return Err(anyhow!("{text}")).or_status(status, || format!("{} failed", args.function));
    };
    output::write_all(reply.body())?;
    Ok(Status::Done)
}

/// Has a request kept as an event, and prints its identifier.
fn submit(client: &AdminClient, function: &str, body: Vec<u8>) -> Result<Status, Failure> {
    let reply = ask(client.submit(function, body))?;
    if !reply.status().is_success() {
        let text = String::from_utf8_lossy(reply.body()).into_owned();
        return Err(anyhow!("{text}"))
            .or_status(Status::NodeFailed, || format!("{function}: the event was not taken"));
    }
    let Accepted { event } =
        serde_json::from_slice(reply.body()).context("the node's answer cannot be read")?;
    say(&format!("{event}\n"))
}

/// Prints every function.
///
/// # Errors
/// No node answers.
pub(crate) fn list(args: &ListArgs) -> Result<Status, Failure> {
    let functions = ask(client(&args.node)?.functions())?;
    show(args, &functions, ["NAME", "VERSION", "MODE", "BUDGET_US", "IMAGE", "READY"], listed)
}

/// Prints how invocations ended, by function.
///
/// # Errors
/// No node answers.
pub(crate) fn stats(args: &ListArgs) -> Result<Status, Failure> {
    let stats = ask(client(&args.node)?.stats())?;
    show(args, &stats, ["NAME", "BILLED_US", "ARENA_PEAK", "STRIKES", "OUTCOMES"], counted)
}

/// Goes back to an earlier version.
///
/// # Errors
/// No node answers, or there is no such version.
pub(crate) fn rollback(args: &RollbackArgs) -> Result<Status, Failure> {
    let back = ask(client(&args.node)?.roll_back(&args.function, args.to))?;
    say(&format!("{}: version {}\n", args.function, back.version))
}

/// Removes a function.
///
/// # Errors
/// No node answers, or there is no such function.
pub(crate) fn remove(args: &FunctionArgs) -> Result<Status, Failure> {
    ask(client(&args.node)?.remove(&args.function))?;
    Ok(Status::Done)
}

/// Bans a function, or lifts its ban and forgives what it did.
///
/// # Errors
/// No node answers, or there is no such function.
pub(crate) fn set_banned(args: &FunctionArgs, is_banned: bool) -> Result<Status, Failure> {
    ask(client(&args.node)?.set_banned(&args.function, is_banned))?;
    Ok(Status::Done)
}

/// Prints what functions logged lately, and with `-f` what they log from now on.
///
/// # Errors
/// No node answers, or the output cannot be written.
pub(crate) fn logs(args: &LogsArgs) -> Result<Status, Failure> {
    let client = client(&args.node)?;
    let show = |line: LogLine| -> anyhow::Result<()> {
        let text = if args.json { serde_json::to_string(&line)? } else { logged(&line) };
        let mut stdout = output::Stdout::lock();
        writeln!(stdout, "{text}")?;
        Ok(stdout.flush()?)
    };
    let runtime = runtime()?;
    let reading = client.logs(args.function.as_deref(), args.follow, show);
    runtime.block_on(reading).or_status(Status::NodeFailed, || "the log cannot be shown")?;
    Ok(Status::Done)
}

fn logged(line: &LogLine) -> String {
    let outcome = line.outcome.as_ref().map(|outcome| format!("{outcome}: ")).unwrap_or_default();
    format!("{} {} {} {outcome}{}", line.request, line.function, line.version, line.text)
}

fn show<T: Serialize, const N: usize>(
    args: &ListArgs,
    items: &[T],
    headings: [&str; N],
    row: impl Fn(&T) -> [String; N],
) -> Result<Status, Failure> {
    if args.json {
        let json = serde_json::to_string(items).context("cannot write it as JSON")?;
        return say(&(json + "\n"));
    }
    let rows: Vec<_> =
        [headings.map(str::to_owned)].into_iter().chain(items.iter().map(row)).collect();
    say(&columns(&rows))
}

fn listed(function: &FunctionView) -> [String; 6] {
    [
        function.name.clone(),
        function.version.to_string(),
        function.settings.mode.to_string(),
        function.settings.budget_us.to_string(),
        function.image.chars().take(12).collect(),
        ready(function),
    ]
}

fn ready(function: &FunctionView) -> String {
    match &function.ban {
        Some(ban) => format!("banned: {ban}"),
        None if function.is_ready => "yes".to_owned(),
        None => "no: build and deploy it again".to_owned(),
    }
}

fn counted(stats: &StatsView) -> [String; 5] {
    let outcomes = stats.outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}"));
    [
        stats.name.clone(),
        stats.billed_us.to_string(),
        stats.arena_peak_bytes.to_string(),
        format!("{}{}", stats.strikes.total(), if stats.ban.is_some() { " (banned)" } else { "" }),
        outcomes.collect::<Vec<_>>().join(", "),
    ]
}

fn say(text: &str) -> Result<Status, Failure> {
    output::print(text)?;
    Ok(Status::Done)
}
