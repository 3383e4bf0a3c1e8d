//! One sweep: start the worker, look at it until it is done, take what it found.

use std::time::{Duration, Instant};

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_abi::torture::CANARIES;
use mote_dispatcher::torture::{
    Canary, Point, Progress, Request, Sweep, SweepError, SweepRequest, facts,
};

/// Between two looks at a worker.
const LOOK: Duration = Duration::from_millis(5);

/// What is tortured, and how.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The service's name.
    pub name: &'a str,
    /// How the image was compiled, if that is known.
    pub profile: Option<&'static str>,
    /// Its image.
    pub image: &'a [u8],
    /// The request's body.
    pub body: &'a [u8],
    /// The heap to allocate from.
    pub heap: Heap,
    /// Limit of the arena, in KiB.
    pub memory_kib: u32,
    /// What happens at the soft deadline.
    pub mode: Mode,
    /// From the injection to the hard deadline, in microseconds.
    pub grace_us: u32,
    /// The first instruction to inject at.
    pub first: u64,
    /// One past the last.
    pub end: u64,
    /// Inject at every one of so many.
    pub every: u64,
    /// Whether host text is in reach too.
    pub reaches_host: bool,
    /// A second preemption comes so many instructions into the cleanup: at least, and one past the
    /// most.
    pub second: Option<(u32, u32)>,
    /// Whether it is paused at the injection and goes on, instead of being stopped.
    pub pauses: bool,
}

impl<'a> Case<'a> {
    /// Every instruction of service text, preempted once, with the defaults of the command line.
    #[must_use]
    pub const fn every_instruction(name: &'a str, image: &'a [u8], mode: Mode) -> Self {
        Self {
            name,
            profile: None,
            image,
            body: b"",
            heap: Heap::Bump,
            memory_kib: 4096,
            mode,
            grace_us: 1000,
            first: 0,
            end: u64::MAX,
            every: 1,
            reaches_host: false,
            second: None,
            pauses: false,
        }
    }

    fn order(&self, canaries: [Canary<'a>; CANARIES]) -> SweepRequest<'a> {
        let target = Request {
            name: self.name,
            image: self.image,
            body: self.body,
            heap: self.heap,
            memory_kib: self.memory_kib,
        };
        SweepRequest {
            target,
            mode: self.mode,
            grace_us: self.grace_us,
            first: self.first,
            end: self.end,
            every: self.every,
            reaches_host: self.reaches_host,
            second: self.second,
            pauses: self.pauses,
            canaries,
        }
    }
}

/// What a sweep found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The undisturbed invocation.
    pub baseline: Point,
    /// Every injection.
    pub points: Vec<Point>,
    /// Where the worker had the service's text.
    pub text_address: u64,
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

/// Runs the sweep and tells `observer` of its progress.
///
/// # Errors
/// The image is refused, or the worker breaks down.
pub fn run<'a>(
    case: &Case<'a>,
    canaries: [Canary<'a>; CANARIES],
    observer: &mut dyn FnMut(Progress),
) -> Result<Found, SweepError> {
    let begun = Instant::now();
    let mut sweep = Sweep::start(&case.order(canaries))?;
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
        instructions: progress.instructions,
        is_complete: progress.is_ended,
        elapsed: begun.elapsed(),
    })
}
