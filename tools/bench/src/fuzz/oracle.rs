//! Somebody else's judgement: a program that gets the records of a sweep as lines of JSON on its standard
//! input, and answers each with a line, the name of a verdict, or nothing where Mote's is to hold. It is
//! started for each sweep, and its input ends with it, so that it may keep its answers until then.

use std::io::{self, Write as _};
use std::process::{ChildStdin, Command, Stdio};
use std::thread;

use super::injection::Injection;
use crate::error::Error;
use crate::torture::verdict::Verdict;

/// The program.
pub(super) struct Oracle<'a> {
    command: &'a str,
}

impl<'a> Oracle<'a> {
    /// The one that the shell runs as `command`.
    pub(super) fn new(command: &'a str) -> Self {
        Self { command }
    }

    /// Its verdicts on `injections`, in their order.
    ///
    /// # Errors
    /// It does not start, or answers with something else than a verdict for each.
    pub(super) fn judge(&self, injections: &[Injection<'_>]) -> Result<Vec<Verdict>, Error> {
        let answers = self.answers(injections).map_err(Error::run(self.command))?;
        if answers.lines().count() != injections.len() {
            let answer = format!("{} lines", answers.lines().count());
            return Err(self.refused(&answer));
        }
        let pairs = answers.lines().zip(injections);
        let verdict = |(answer, injection): (&str, _)| {
            verdict(answer, injection).ok_or_else(|| self.refused(answer))
        };
        pairs.map(verdict).collect()
    }

    fn answers(&self, injections: &[Injection<'_>]) -> io::Result<String> {
        let mut command = Command::new("sh");
        command.args(["-c", self.command]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let input = child.stdin.take();
        // It may answer before it has read all: who writes does not read.
        thread::scope(|scope| {
            scope.spawn(|| input.map(|input| write(input, injections)));
            let output = child.wait_with_output()?;
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        })
    }

    fn refused(&self, answer: &str) -> Error {
        Error::NoVerdict { oracle: self.command.to_owned(), answer: answer.to_owned() }
    }
}

/// Fails when the oracle has ended, which its answers show.
fn write(mut input: ChildStdin, injections: &[Injection<'_>]) -> io::Result<()> {
    let mut lines = Vec::new();
    for injection in injections {
        serde_json::to_writer(&mut lines, injection)?;
        lines.push(b'\n');
    }
    input.write_all(&lines)
}

fn verdict(answer: &str, injection: &Injection<'_>) -> Option<Verdict> {
    match answer.trim() {
        "" => Some(injection.verdict),
        name => Verdict::ALL.into_iter().find(|verdict| verdict.name() == name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::injection::sample;

    fn judged(command: &str, count: usize) -> Result<Vec<Verdict>, Error> {
        let injections: Vec<_> = (0..count).map(|_| sample(Verdict::Leaked)).collect();
        Oracle::new(command).judge(&injections)
    }

    #[test]
    fn oracle_overrules_with_a_name_and_agrees_with_an_empty_line() {
        assert_eq!(judged("sed 's/.*//'", 3).unwrap(), [Verdict::Leaked; 3]);
        let all = judged("sed 's/.*\"mode\":\"guarded\".*/double_release/'", 20_000).unwrap();
        assert_eq!(all, vec![Verdict::DoubleRelease; 20_000]);
    }

    #[test]
    fn oracle_that_ends_or_says_something_else_is_an_error() {
        assert!(matches!(judged("true", 20_000), Err(Error::NoVerdict { .. })));
        assert!(matches!(judged("sed 's/.*/fine/'", 2), Err(Error::NoVerdict { .. })));
    }
}
