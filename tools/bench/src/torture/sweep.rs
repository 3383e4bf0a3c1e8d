//! One sweep: start the worker, look at it until it is done, take what it found.

use std::time::{Duration, Instant};

use mote_abi::outcome::Outcome;
use mote_dispatcher::Layout;
use mote_dispatcher::torture::{Canaries, Case, Point, Progress, Sweep, SweepError, facts};

/// Between two looks at a worker.
const LOOK: Duration = Duration::from_millis(5);

/// What a sweep found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The undisturbed invocation.
    pub baseline: Point,
    /// Every injection.
    pub points: Vec<Point>,
    /// Where the worker had the service's text.
    pub text_address: u64,
    /// Where program and zones lay in the worker.
    pub layout: Layout,
    /// Instructions in reach that were executed.
    pub instructions: u64,
    /// Whether the invocation came to its end.
    pub is_complete: bool,
    /// From the start of the worker to its end.
    pub elapsed: Duration,
}

impl Found {
    /// Whether the undisturbed invocation had to be stopped.
    #[must_use]
    pub fn is_endless(&self) -> bool {
        self.baseline.outcome == Outcome::OverBudget as u8
    }

    /// Whether two undisturbed invocations answered differently.
    #[must_use]
    pub fn is_unsteady(&self) -> bool {
        self.baseline.facts & facts::UNSTEADY != 0
    }
}

/// Instructions after which an invocation that never ends is left, unless somebody asks for more: by then it
/// has been round its loop often.
pub const ENDLESS_LIMIT: u64 = 5_000;

/// Whether the invocation of `case` never ends by itself: one injection shows it.
///
/// # Errors
/// As [`run`].
pub fn is_endless(case: &Case<'_>, canaries: &Canaries<'_>) -> Result<bool, SweepError> {
    let first = Case { first: 0, end: 1, every: 1, ..*case };
    Ok(run(&first, canaries, &mut |_| {})?.is_endless())
}

/// Runs the sweep and tells `observer` of its progress.
///
/// # Errors
/// The image is refused, or the worker breaks down.
pub fn run(
    case: &Case<'_>,
    canaries: &Canaries<'_>,
    observer: &mut dyn FnMut(Progress),
) -> Result<Found, SweepError> {
    let begun = Instant::now();
    let mut sweep = Sweep::start(case, canaries)?;
    while !sweep.is_over()? {
        observer(sweep.progress());
        std::thread::sleep(LOOK);
    }
    let progress = sweep.progress();
    observer(progress);
    Ok(Found {
        baseline: sweep.baseline(),
        points: sweep.points(0),
        text_address: sweep.text_address(),
        layout: sweep.layout(),
        instructions: progress.instructions,
        is_complete: progress.is_ended,
        elapsed: begun.elapsed(),
    })
}
