//! One entry through the whole of Mote: built, run on both heaps, and preempted along its way.

use std::fmt;
use std::path::Path;

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_bench::torture::canaries::Canaries;
use mote_bench::torture::map::Map;
use mote_bench::torture::report::{Counts, Report};
use mote_bench::torture::sweep;
use mote_builder::{Event, Options, build};
use mote_dispatcher::torture::Case;
use mote_dispatcher::{Job, TOOLCHAIN};
use mote_tests::{AMPLE_US, TestNode};

use crate::listed::Listed;
use crate::package;

/// What every service is asked.
pub(crate) const REQUEST: &str =
    "The quick brown fox jumps over the lazy dog, 42 times. Then it rests.";

/// The memory that an answer may take, in KiB.
const MEMORY_KIB: u32 = 16_384;

/// Preemption comes at one instruction of so many: a prime, so that loops do not fall into step with it.
const EVERY: u64 = 97;

/// Instructions after which an answer is left to itself.
const LIMIT: u64 = 1_000_000;

/// How an entry fared.
#[derive(Debug)]
pub(crate) enum Trial {
    /// It does not build: what the author is told.
    Refused(String),
    /// It builds.
    Built {
        image_bytes: usize,
        /// On each heap, the answer or how it ended instead.
        answers: [String; 2],
        points: u64,
        is_complete: bool,
        counts: Counts,
    },
}

impl Trial {
    /// Whether it answers `expected` on both heaps, and no preemption does any harm: each is clean, or, where
    /// `is_discarded` says so, what was not released was taken back.
    pub(crate) fn is_good(&self, expected: &str, is_discarded: bool) -> bool {
        let Self::Built { answers, points, counts, .. } = self else { return false };
        let is_equal = answers.iter().all(|answer| answer == expected);
        let is_sound = counts.clean + counts.leaked == *points && counts.clean > 0;
        is_equal && is_sound && (counts.leaked > 0) == is_discarded
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(message) => write!(f, "refused: {message}"),
            Self::Built { image_bytes, answers, points, is_complete, counts } => {
                let part = if *is_complete { "" } else { ", not to its end" };
                let equal = if answers[0] == answers[1] { "one answer" } else { "two answers" };
                write!(f, "{image_bytes} bytes, {equal}, {points} points{part}")?;
                if counts.clean == *points { Ok(()) } else { write!(f, ", {counts:?}") }
            }
        }
    }
}

/// Tries `entry`; its package goes into `folder`.
pub(crate) fn of(entry: &Listed, canaries: &Canaries, folder: &Path) -> Trial {
    let image = match built(&package::service(entry, folder)) {
        Ok(image) => image,
        Err(message) => return Trial::Refused(message),
    };
    let answers = [Heap::Bump, Heap::General].map(|heap| answer(&entry.title(), &image, heap));
    let report = torture(&entry.title(), &image, canaries);
    Trial::Built {
        image_bytes: image.len(),
        answers,
        points: report.points,
        is_complete: report.is_complete,
        counts: report.verdicts,
    }
}

/// The image, or all that the author is told.
fn built(package: &Path) -> Result<Vec<u8>, String> {
    let mut said = String::new();
    let built = build(&Options::new(package, TOOLCHAIN), &mut |event| {
        if let Event::Diagnostic { rendered, .. } = event {
            said.push_str(rendered);
        }
    });
    built.map(|built| built.image).map_err(|error| format!("{error}\n{said}"))
}

fn answer(title: &str, image: &[u8], heap: Heap) -> String {
    let mut node = TestNode::default();
    let service = match node.deploy(title, image.to_vec()) {
        Ok(service) => service,
        Err(error) => return error.to_string(),
    };
    let completed = node.invoke(Job {
        service,
        body: REQUEST.as_bytes(),
        mode: Mode::Guarded,
        heap,
        budget_us: AMPLE_US,
        grace_us: AMPLE_US,
        memory_kib: MEMORY_KIB,
    });
    let completed = completed.unwrap_or_else(|error| panic!("{title}: {error}"));
    let body = String::from_utf8_lossy(&completed.body).escape_debug().to_string();
    if completed.outcome == Outcome::Ok { body } else { format!("{}: {body}", completed.outcome) }
}

fn torture(title: &str, image: &[u8], canaries: &Canaries) -> Report {
    let case = Case {
        body: REQUEST.as_bytes(),
        memory_kib: MEMORY_KIB,
        grace_us: AMPLE_US,
        every: EVERY,
        end: LIMIT,
        ..Case::every_instruction(title, image, Mode::Guarded)
    };
    let found = sweep::run(&case, &canaries.known(), &mut |_| {});
    let found = found.unwrap_or_else(|error| panic!("{title}: {error}"));
    Report::new(&case, &found, &Map::new(image, found.text_address, found.layout))
}
