//! From a program that fails to the smallest that still does.

use std::path::Path;
use std::time::{Duration, Instant};

use mote_builder::Profile;

use super::batch::Batch;
use super::grammar::Program;
use super::shrink;
use super::trial::{self, Trial};
use super::wrong::Wrong;
use crate::error::Error;
use crate::torture::map::Map;

/// Candidates that are built together.
const CANDIDATES: usize = 16;

/// How a program fails, and where that is tried.
pub(super) struct Hunt<'a> {
    pub(super) trial: &'a Trial<'a>,
    pub(super) wrong: Wrong,
    pub(super) profile: Profile,
    pub(super) folder: &'a Path,
    /// After this long, what is smallest by then will do.
    pub(super) time: Duration,
}

/// What came of it.
pub(super) struct Shrunk {
    /// The smallest program that was found to fail.
    pub(super) program: Program,
    /// How it does.
    pub(super) evidence: Evidence,
}

/// How a program fails that is built alone.
#[derive(Default)]
pub(super) struct Evidence {
    /// The first instruction at which it does, and its function, if it fails by an injection.
    pub(super) place: Option<(u32, String)>,
    /// How it ends otherwise than natively, if that is how it fails.
    pub(super) difference: String,
}

impl Hunt<'_> {
    /// Shrinks `program`. One that fails only beside others stays as it is, without evidence.
    ///
    /// # Errors
    /// As in a session.
    pub(super) fn run(&self, program: &Program) -> Result<Shrunk, Error> {
        std::fs::create_dir_all(self.folder).map_err(Error::Temporary)?;
        let begun = Instant::now();
        let evidence = self.alone(program)?.unwrap_or_default();
        let mut shrunk = Shrunk { program: program.clone(), evidence };
        while begun.elapsed() < self.time {
            match self.next(&shrunk.program)? {
                Some(smaller) => shrunk = smaller,
                None => break,
            }
        }
        Ok(shrunk)
    }

    /// The smallest that is one step smaller and still fails, also alone: what is compiled together is
    /// optimised together.
    fn next(&self, program: &Program) -> Result<Option<Shrunk>, Error> {
        for candidates in shrink::smaller(program).chunks(CANDIDATES) {
            let batch = Batch::build(self.folder, candidates.to_vec(), self.profile)?;
            let evidence = self.of_all(&batch)?;
            for (program, _) in candidates.iter().zip(&evidence).filter(|(_, it)| it.is_some()) {
                if let Some(evidence) = self.alone(program)? {
                    return Ok(Some(Shrunk { program: program.clone(), evidence }));
                }
            }
        }
        Ok(None)
    }

    fn alone(&self, program: &Program) -> Result<Option<Evidence>, Error> {
        let batch = Batch::build(self.folder, vec![program.clone()], self.profile)?;
        Ok(self.of_all(&batch)?.pop().flatten())
    }

    /// Whether and how each program of the batch fails, which was the last to be built.
    fn of_all(&self, batch: &Batch) -> Result<Vec<Option<Evidence>>, Error> {
        if self.wrong == Wrong::Differs {
            let evidence = |difference| Evidence { place: None, difference };
            let all = trial::differences(batch, self.folder)?;
            return Ok(all.into_iter().map(|difference| difference.map(evidence)).collect());
        }
        (0..batch.programs.len()).map(|number| self.of_injections(batch, number)).collect()
    }

    fn of_injections(&self, batch: &Batch, number: usize) -> Result<Option<Evidence>, Error> {
        let &Wrong::Unsound { manner, verdict } = &self.wrong else { return Ok(None) };
        let every = self.trial.sweeps.every(batch, number)?;
        let judged = self.trial.judged(batch, number, manner, every)?;
        let at = judged.verdicts.iter().position(|&it| it == verdict);
        Ok(at.map(|at| {
            let point = judged.found.points[at];
            let map = Map::new(&batch.image, judged.found.text_address, judged.found.layout);
            let place = (point.number, map.function(point.rip).to_owned());
            Evidence { place: Some(place), difference: String::new() }
        }))
    }
}
