//! `mote top`: what functions do, interval by interval.

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use mote_abi::outcome::Outcome;
use mote_server::admin::client::StatsView;
use serde::Serialize;

use super::args::TopArgs;
use super::columns::columns;
use super::node::{ask, client};
use crate::status::{Failure, Status};
use crate::terminal::output;

/// To the upper left corner, and everything away. Source: ECMA-48, 8.3.21 and 8.3.39.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// What one function did in an interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Rates {
    name: String,
    /// Invocations that ended, a second.
    per_second: f64,
    /// Those of them that did not end well, a second.
    failed_per_second: f64,
    /// Processors that its service kept busy.
    busy: f64,
    /// The mean time that an invocation ran, in microseconds; none ended if there is none.
    mean_us: Option<f64>,
    /// What is held against it, since the node started.
    strikes: u32,
    is_banned: bool,
}

/// Shows the rates of every function until it is interrupted, or as often as it was asked for.
///
/// # Errors
/// No node answers, or stdout cannot be written.
pub(crate) fn execute(args: &TopArgs) -> Result<Status, Failure> {
    let client = client(&args.node)?;
    let interval = Duration::from_secs(args.interval.into());
    let (mut before, mut looked) = (ask(client.stats())?, Instant::now());
    let mut left = args.count.unwrap_or(u64::MAX);
    while left > 0 {
        std::thread::sleep(interval);
        let now = ask(client.stats())?;
        let elapsed = looked.elapsed();
        looked = Instant::now();
        show(&rates(&before, &now, elapsed), args)?;
        before = now;
        left -= 1;
    }
    Ok(Status::Done)
}

fn show(rates: &[Rates], args: &TopArgs) -> Result<(), Failure> {
    if args.json {
        let json = serde_json::to_string(rates).context("cannot write it as JSON")?;
        return output::print(&(json + "\n"));
    }
    let headings = ["NAME", "PER_S", "FAILED_PER_S", "BUSY", "MEAN_US", "STRIKES"];
    let rows = [headings.map(str::to_owned)].into_iter().chain(rates.iter().map(row));
    let clear = if std::io::stdout().is_terminal() { CLEAR } else { "" };
    output::print(&(clear.to_owned() + &columns(&rows.collect::<Vec<_>>())))
}

fn row(rates: &Rates) -> [String; 6] {
    [
        rates.name.clone(),
        format!("{:.1}", rates.per_second),
        format!("{:.1}", rates.failed_per_second),
        format!("{:.3}", rates.busy),
        rates.mean_us.map_or_else(|| "–".to_owned(), |mean| format!("{mean:.1}")),
        format!("{}{}", rates.strikes, if rates.is_banned { " (banned)" } else { "" }),
    ]
}

/// What happened from `before` to `now`, the busiest first. Of a function that is new, everything.
fn rates(before: &[StatsView], now: &[StatsView], elapsed: Duration) -> Vec<Rates> {
    let before: HashMap<_, _> = before.iter().map(|stats| (&*stats.name, stats)).collect();
    let mut rates: Vec<_> =
        now.iter().map(|now| rates_of(before.get(&*now.name).copied(), now, elapsed)).collect();
    rates.sort_by(|a, b| b.busy.total_cmp(&a.busy).then_with(|| a.name.cmp(&b.name)));
    rates
}

fn rates_of(before: Option<&StatsView>, now: &StatsView, elapsed: Duration) -> Rates {
    // Counts begin again when the node does, or the function is deployed anew.
    let since = |count: fn(&StatsView) -> u64| {
        let (now, before) = (count(now), before.map_or(0, count));
        if now < before { now } else { now - before }
    };
    let (ended, well, billed_us) = (since(ended), since(ended_well), since(|it| it.billed_us));
    let seconds = elapsed.as_secs_f64();
    Rates {
        name: now.name.clone(),
        per_second: ended as f64 / seconds,
        failed_per_second: ended.saturating_sub(well) as f64 / seconds,
        busy: billed_us as f64 / 1e6 / seconds,
        mean_us: (ended > 0).then(|| billed_us as f64 / ended as f64),
        strikes: now.strikes.total(),
        is_banned: now.ban.is_some(),
    }
}

fn ended(stats: &StatsView) -> u64 {
    stats.outcomes.values().sum()
}

fn ended_well(stats: &StatsView) -> u64 {
    stats.outcomes.get(Outcome::Ok.name()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(name: &str, ok: u64, failed: u64, billed_us: u64) -> StatsView {
        let outcomes = [("ok", ok), ("panicked", failed)];
        StatsView {
            name: name.to_owned(),
            outcomes: outcomes.map(|(name, count)| (name.to_owned(), count)).into(),
            billed_us,
            arena_peak_bytes: 0,
            strikes: Default::default(),
            ban: None,
        }
    }

    #[test]
    fn rates_are_of_the_interval_and_the_busiest_comes_first() {
        let before = [stats("a", 10, 0, 100), stats("b", 10, 0, 100)];
        let now = [stats("a", 20, 0, 200), stats("b", 24, 6, 1_000_100)];
        let rates = rates(&before, &now, Duration::from_secs(2));
        assert_eq!(rates.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!((rates[0].per_second, rates[0].failed_per_second), (10.0, 3.0));
        assert_eq!((rates[0].busy, rates[0].mean_us), (0.5, Some(50_000.0)));
        assert_eq!(rates[1].per_second, 5.0);
    }

    #[test]
    fn counts_that_began_again_are_rates_of_what_there_is() {
        let rates = rates(&[stats("a", 50, 0, 9)], &[stats("a", 4, 0, 8)], Duration::from_secs(1));
        assert_eq!((rates[0].per_second, rates[0].mean_us), (4.0, Some(2.0)));
    }

    #[test]
    fn function_that_did_nothing_has_no_mean() {
        let stats = [stats("a", 1, 0, 1)];
        let rates = rates(&stats, &stats, Duration::from_secs(1));
        assert_eq!((rates[0].per_second, rates[0].mean_us), (0.0, None));
    }
}
