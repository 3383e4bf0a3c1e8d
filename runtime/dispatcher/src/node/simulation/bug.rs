//! Defects that are planted in what surrounds the pure parts: each must be found.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    LosesWhatWasBehindTheDead,
    RunsAgainWhatMayHaveRun,
    AnswersCancelledTwice,
    RunsExpired,
    UnloadsWhatRuns,
    ForgetsWhoLeft,
    FeedsInOrder,
    KillsTheStopped,
    SparesTheHung,
}
