//! Who says what an injection shows: Mote's verdict, or that of an oracle; and where records go.

use std::sync::Mutex;

use super::injection::{self, Baseline};
use super::oracle::Oracle;
use super::sweep::Manner;
use crate::error::Error;
use crate::samples::{Lines, Samples};
use crate::torture::sweep::Found;
use crate::torture::verdict::Verdict;

/// The judge.
pub(super) struct Judge<'a> {
    oracle: Option<Oracle<'a>>,
    samples: Option<Mutex<Lines>>,
}

impl<'a> Judge<'a> {
    /// With an oracle, if there is one. Opens the file for samples, if they are kept.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn new(oracle: Option<&'a str>, samples: Option<&Samples>) -> Result<Self, Error> {
        let samples = samples.map(|samples| samples.lines("injections")).transpose()?;
        Ok(Self { oracle: oracle.map(Oracle::new), samples: samples.map(Mutex::new) })
    }

    /// A verdict on each injection that `found` has.
    ///
    /// # Errors
    /// The oracle fails, or samples cannot be written.
    pub(super) fn verdicts(
        &self,
        seed: u64,
        profile: &'static str,
        manner: Manner,
        found: &Found,
    ) -> Result<Vec<Verdict>, Error> {
        if self.oracle.is_none() && self.samples.is_none() {
            let verdict = |point| Verdict::of(point, &found.baseline);
            return Ok(found.points.iter().map(verdict).collect());
        }
        let baseline = Baseline::from(&found.baseline);
        let injections = injection::all(seed, profile, manner, found, &baseline);
        if let Some(samples) = &self.samples {
            samples.lock().expect("nobody panics").add(&injections)?;
        }
        match &self.oracle {
            Some(oracle) => oracle.judge(&injections),
            None => Ok(injections.iter().map(|injection| injection.verdict).collect()),
        }
    }
}
