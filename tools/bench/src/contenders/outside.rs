//! A process that measures by itself and prints numbers. It may never get to run: a periodic timer can
//! be so fast that the kernel does nothing but serve it. So it has a time limit, and its silence is a
//! result.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::place::Place;
use crate::error::Error;

/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(2);

/// `mote __contender` with these arguments.
pub(crate) fn contender(arguments: &[&str]) -> Result<Command, Error> {
    let mut command = Command::new(std::env::current_exe().map_err(Error::ThisProgram)?);
    command.arg("__contender").args(arguments);
    Ok(command)
}

/// Starts it beside the worker, and takes what it prints: numbers. `None` if it does not end within
/// `limit`; it is killed then.
pub(crate) fn numbers(
    place: &Place,
    mut command: Command,
    limit: Duration,
) -> Result<Option<Vec<u64>>, Error> {
    let program = format!("the contender {command:?}");
    // A pipe would hold a process back that has more to say than fits.
    let said = tempfile::NamedTempFile::new().map_err(Error::Temporary)?;
    let output = said.reopen().map_err(Error::Temporary)?;
    command.stdin(Stdio::null()).stdout(output);
    let started = place.beside_the_worker(|| command.spawn());
    let started = started.map_err(Error::run(program.as_str()))?;
    if !ends_within(&program, started, limit)? {
        return Ok(None);
    }
    let text = fs::read_to_string(said.path()).map_err(Error::Temporary)?;
    let numbers = text.lines().map(str::parse).collect::<Result<_, _>>();
    numbers.map(Some).map_err(|_| Error::NoNumbers { program })
}

/// Whether it ends by itself and well; an error if not well.
fn ends_within(program: &str, mut child: Child, limit: Duration) -> Result<bool, Error> {
    let start = Instant::now();
    while start.elapsed() < limit {
        if let Some(status) = child.try_wait().map_err(Error::run(program))? {
            return match status.success() {
                true => Ok(true),
                false => Err(Error::Ended { program: program.to_owned(), status }),
            };
        }
        sleep(LOOK);
    }
    child.kill().map_err(Error::run(program))?;
    child.wait().map_err(Error::run(program))?;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_that_does_not_end_is_killed_and_told_apart() {
        let start = |seconds: &str| Command::new("sleep").arg(seconds).spawn().unwrap();
        assert!(!ends_within("sleep", start("1000"), Duration::from_millis(20)).unwrap());
        assert!(ends_within("sleep", start("0"), Duration::from_secs(60)).unwrap());
        let fails = Command::new("false").spawn().unwrap();
        assert!(ends_within("false", fails, Duration::from_secs(60)).is_err());
    }
}
