//! A process that measures by itself and prints numbers. It may never get to run: a periodic timer can
//! be so fast that the kernel does nothing but serve it. So it has a time limit, and its silence is a
//! result.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::place::Place;

/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(2);

/// `mote __contender` with these arguments.
pub(super) fn contender(arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("which program is this?")?);
    command.arg("__contender").args(arguments);
    Ok(command)
}

/// Starts it beside the worker, and takes what it prints: numbers. `None` if it does not end within
/// `limit`; it is killed then.
pub(super) fn numbers(
    place: &Place,
    mut command: Command,
    limit: Duration,
) -> anyhow::Result<Option<Vec<u64>>> {
    let what = format!("the contender {command:?}");
    // A pipe would hold a process back that has more to say than fits.
    let said = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    let output = said.reopen().context("cannot open a temporary file")?;
    command.stdin(Stdio::null()).stdout(output);
    let started = place.beside_the_worker(|| command.spawn());
    let started = started.with_context(|| format!("cannot start {what}"))?;
    if !ends_within(started, limit).context(what)? {
        return Ok(None);
    }
    let text = fs::read_to_string(said.path()).context("cannot read a temporary file")?;
    let numbers = text.lines().map(|line| line.parse().context("a contender prints numbers"));
    numbers.collect::<anyhow::Result<_>>().map(Some)
}

/// Whether it ends by itself and well; an error if not well.
fn ends_within(mut child: Child, limit: Duration) -> anyhow::Result<bool> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(status) = child.try_wait().context("cannot be waited for")? {
            ensure!(status.success(), "ended with {status}");
            return Ok(true);
        }
        sleep(LOOK);
    }
    child.kill().context("cannot be killed")?;
    child.wait().context("cannot be waited for")?;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_that_does_not_end_is_killed_and_told_apart() {
        let start = |seconds: &str| Command::new("sleep").arg(seconds).spawn().unwrap();
        assert!(!ends_within(start("1000"), Duration::from_millis(20)).unwrap());
        assert!(ends_within(start("0"), Duration::from_secs(60)).unwrap());
        let fails = Command::new("false").spawn().unwrap();
        assert!(ends_within(fails, Duration::from_secs(60)).is_err());
    }
}
