//! What a sweep is asked to do.

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_abi::torture::CANARIES;

/// What runs, and what is asked of it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What messages call it.
    pub name: &'a str,
    /// The service's image.
    pub image: &'a [u8],
    /// The request's body.
    pub body: &'a [u8],
    /// The heap to allocate from.
    pub heap: Heap,
    /// Limit of the arena, in KiB.
    pub memory_kib: u32,
}

/// A request whose answer is known.
#[derive(Clone, Copy, Debug)]
pub struct Canary<'a> {
    /// The request.
    pub request: Request<'a>,
    /// How it ends.
    pub outcome: Outcome,
    /// What it hands over.
    pub answer: &'a [u8],
}

/// What is tortured, and how.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The service's name.
    pub name: &'a str,
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
    /// most. The distance is sampled.
    pub second: Option<(u32, u32)>,
    /// Which addresses program and zones have in the worker: the same for the same number.
    pub layout_seed: u64,
    /// Whether the injection is the end of a slice: the invocation is paused, the canaries run, and it goes
    /// on. Nothing may be different then.
    pub pauses: bool,
    /// Whether the worker runs the first landing pad of each raise twice: a fault on purpose, by which tests of
    /// whatever looks for faults see that it finds them.
    pub is_planted: bool,
}

impl<'a> Case<'a> {
    /// Every instruction of service text, preempted once.
    #[must_use]
    pub const fn every_instruction(name: &'a str, image: &'a [u8], mode: Mode) -> Self {
        Self {
            name,
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
            layout_seed: 0,
            pauses: false,
            is_planted: false,
        }
    }

    pub(super) const fn target(&self) -> Request<'a> {
        let &Self { name, image, body, heap, memory_kib, .. } = self;
        Request { name, image, body, heap, memory_kib }
    }
}

/// What the worker must still answer after each injection.
pub type Canaries<'a> = [Canary<'a>; CANARIES];
