//! What a program shows: beside the native one, and when it is preempted.

use std::path::Path;

use super::batch::Batch;
use super::judge::Judge;
use super::native::Ended;
use super::sweep::{Manner, Sweeps};
use super::undisturbed;
use crate::error::Error;
use crate::torture::sweep::Found;
use crate::torture::verdict::Verdict;

/// How programs are tried.
pub(super) struct Trial<'a> {
    /// How they are preempted.
    pub(super) sweeps: Sweeps<'a>,
    /// Who judges.
    pub(super) judge: Judge<'a>,
}

/// A sweep with its verdicts.
pub(super) struct Judged {
    pub(super) found: Found,
    /// Of each point.
    pub(super) verdicts: Vec<Verdict>,
}

impl Trial<'_> {
    /// Preempts a program in this manner, at one instruction of every so many, and judges.
    ///
    /// # Errors
    /// The worker breaks down, or the judge.
    pub(super) fn judged(
        &self,
        batch: &Batch,
        number: usize,
        manner: Manner,
        every: u64,
    ) -> Result<Judged, Error> {
        let found = self.sweeps.run(batch, number, manner, every)?;
        let (seed, profile) = (batch.programs[number].seed, batch.profile.name());
        let verdicts = self.judge.verdicts(seed, profile, manner, &found)?;
        Ok(Judged { found, verdicts })
    }
}

/// Of each program of the batch, which was the last to be built in `folder`: in which way it ends otherwise
/// than natively, if it does.
///
/// # Errors
/// It does not run in one way or the other.
pub(super) fn differences(batch: &Batch, folder: &Path) -> Result<Vec<Option<String>>, Error> {
    let natively = batch.natively(folder)?;
    let in_worker = undisturbed::run(batch)?;
    Ok(natively.iter().zip(&in_worker).map(|(one, both)| difference(one, both)).collect())
}

fn difference(natively: &Ended, in_worker: &[Ended; 2]) -> Option<String> {
    let other = in_worker.iter().find(|ended| *ended != natively)?;
    Some(format!("natively {natively:?}, in a worker {other:?}"))
}

#[cfg(test)]
mod tests {
    use mote_abi::outcome::Outcome;

    use super::*;

    #[test]
    fn difference_on_either_heap_counts() {
        let one = Ended { outcome: Outcome::Ok, live_tokens: 0, answer: "7".into() };
        let other = Ended { live_tokens: 1, ..one.clone() };
        assert_eq!(difference(&one, &[one.clone(), one.clone()]), None);
        assert!(difference(&one, &[one.clone(), other]).is_some());
    }
}
