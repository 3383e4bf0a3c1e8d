//! How `mote` ends: the exit statuses, and the failures that lead to them.
//!
//! | status | meaning |
//! | --- | --- |
//! | 0 | done; for `run`, the outcome was `ok` |
//! | 1 | something else went wrong, such as output that cannot be written |
//! | 2 | bad usage |
//! | 3 | bad image |
//! | 4 | the service does not build |
//! | 5 | the node failed, or refused the request |
//! | 10 + n | the outcome with discriminant n: `error` is 11, `worker_lost` 18, `expired` 19, `cancelled` 20 |

use std::fmt::Display;
use std::process::ExitCode;

use mote_abi::outcome::Outcome;
use mote_dispatcher::torture::SweepError;

/// What the process tells whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Everything asked for was done.
    Done,
    /// None of the causes below.
    Failed,
    /// The arguments, or the files they name, cannot be used.
    Usage,
    /// The image is not one, or the loader refuses it.
    BadImage,
    /// The service does not build.
    BuildFailed,
    /// The node does not start, does not go on, or refuses the request.
    NodeFailed,
    /// An invocation ended, with this outcome.
    Ended(Outcome),
}

/// Where the statuses of outcomes begin.
const OUTCOMES_FROM: u8 = 10;

impl Status {
    /// The number that the process exits with.
    #[must_use]
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done | Self::Ended(Outcome::Ok) => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::BadImage => 3,
            Self::BuildFailed => 4,
            Self::NodeFailed => 5,
            Self::Ended(outcome) => OUTCOMES_FROM + outcome as u8,
        }
    }

    /// The table of statuses, as `mote run --help` prints it.
    #[must_use]
    pub(crate) fn help() -> String {
        let mut text = String::from(
            "Exit status:\n   \
             0  the outcome was ok\n   \
             1  any other failure, such as output that cannot be written\n   \
             2  bad usage\n   \
             3  bad image\n   \
             4  the service does not build\n   \
             5  the node failed or refused the request\n",
        );
        for &outcome in Outcome::ALL.iter().filter(|&&outcome| outcome != Outcome::Ok) {
            let code = Self::Ended(outcome).code();
            text.push_str(&format!("  {code:>2}  the outcome was {outcome}\n"));
        }
        text.push_str("With --repeat, the status is that of the first outcome that was not ok.");
        text
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}

/// A command that could not do what was asked: why, and the status that says so.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What the process exits with.
    pub(crate) status: Status,
    /// Why, with its causes.
    pub(crate) error: anyhow::Error,
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { status: Status::Failed, error }
    }
}

impl From<mote_bench::Error> for Failure {
    fn from(error: mote_bench::Error) -> Self {
        use mote_bench::Error as E;
        let status = match &error {
            E::Build { .. } | E::NoCompiler(_) | E::Compile { .. } => Status::BuildFailed,
            E::Deploy(_) | E::Sweep(SweepError::Deploy(_)) => Status::BadImage,
            E::Node(_) | E::Place(_) | E::Submit(_) | E::Lost | E::NoWorker | E::Sweep(_) => {
                Status::NodeFailed
            }
            E::Outcome { .. } | E::NotPreempted => Status::NodeFailed,
            _ => Status::Failed,
        };
        Self { status, error: error.into() }
    }
}

/// Gives an error its exit status and what the command was doing.
pub(crate) trait OrStatus<T> {
    /// Turns an error into a [`Failure`] with this status and this account of what was being done.
    ///
    /// # Errors
    /// The error that was there, in its new form.
    fn or_status<C>(self, status: Status, doing: impl FnOnce() -> C) -> Result<T, Failure>
    where
        C: Display + Send + Sync + 'static;
}

impl<T, E: Into<anyhow::Error>> OrStatus<T> for Result<T, E> {
    fn or_status<C>(self, status: Status, doing: impl FnOnce() -> C) -> Result<T, Failure>
    where
        C: Display + Send + Sync + 'static,
    {
        self.map_err(|error| Failure { status, error: error.into().context(doing()) })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn status_is_zero_only_for_what_was_asked() {
        assert_eq!(Status::Ended(Outcome::Ok).code(), 0);
        for &outcome in &Outcome::ALL[1..] {
            assert!(Status::Ended(outcome).code() > 10);
        }
    }

    #[test]
    fn statuses_are_all_different() {
        let others = [
            Status::Done,
            Status::Failed,
            Status::Usage,
            Status::BadImage,
            Status::BuildFailed,
            Status::NodeFailed,
        ];
        let outcomes = Outcome::ALL[1..].iter().map(|&outcome| Status::Ended(outcome));
        let codes: BTreeSet<u8> = others.into_iter().chain(outcomes).map(Status::code).collect();
        assert_eq!(codes.len(), others.len() + Outcome::ALL.len() - 1);
    }

    #[test]
    fn help_names_every_outcome_with_its_status() {
        let help = Status::help();
        assert!(help.contains("11  the outcome was error"), "{help}");
        assert!(help.contains("18  the outcome was worker_lost"), "{help}");
        assert!(help.contains("19  the outcome was expired"), "{help}");
        assert!(help.contains("20  the outcome was cancelled"), "{help}");
    }
}
