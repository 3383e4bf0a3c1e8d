//! What a session adds up to, as JSON has it and as a terminal shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use mote_dispatcher::TOOLCHAIN;
use serde::Serialize;

use super::find::Find;
use super::grammar;
use super::sweep::Manner;
use crate::format::table;
use crate::torture::report::Counts;
use crate::torture::verdict::Verdict;

/// What came of a session. The names of the fields are those in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The first program's seed; the others follow it.
    pub seed: u64,
    /// The compiler of images and worker.
    pub toolchain: &'static str,
    /// Programs that were generated, built, and run.
    pub programs: u64,
    /// Those of them whose undisturbed end differs from the native one.
    pub differing: u64,
    /// Injections.
    pub points: u64,
    /// By the mode and whether the cleanup was preempted too.
    pub verdicts: BTreeMap<String, Counts>,
    /// The grammar's productions.
    pub productions: usize,
    /// Those of them that were in a program.
    pub covered: BTreeSet<&'static str>,
    /// Those that were not.
    pub missed: Vec<&'static str>,
    /// What is wrong, of each kind the first.
    pub finds: Vec<Find>,
    /// From the beginning to the end, in seconds.
    pub seconds: f64,
}

impl Report {
    /// Nothing yet.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            toolchain: TOOLCHAIN,
            programs: 0,
            differing: 0,
            points: 0,
            verdicts: BTreeMap::new(),
            productions: grammar::all().count(),
            covered: BTreeSet::new(),
            missed: Vec::new(),
            finds: Vec::new(),
            seconds: 0.0,
        }
    }

    pub(super) fn add(&mut self, manner: Manner, verdicts: &[Verdict]) {
        let counts = self.verdicts.entry(manner.to_string()).or_default();
        verdicts.iter().for_each(|&verdict| counts.add(verdict));
        self.points += verdicts.len() as u64;
    }

    /// Whether something is wrong.
    #[must_use]
    pub fn is_unsound(&self) -> bool {
        self.differing > 0 || self.verdicts.values().any(|counts| is_unsound(counts.worst()))
    }

    /// For a terminal of so many columns.
    #[must_use]
    pub fn table(&self, columns: Option<usize>) -> String {
        let names = Verdict::ALL.map(Verdict::name);
        let heads: Vec<&str> = ["mode", "points"].into_iter().chain(names).collect();
        let mut table = table::table(&heads, 1);
        for (name, counts) in &self.verdicts {
            let values = Verdict::ALL.map(|verdict| counts.of(verdict).to_string());
            table.add_row([name.clone(), counts.total().to_string()].into_iter().chain(values));
        }
        let mut text = self.head() + &table::drawn(&table, columns);
        for find in &self.finds {
            let _ = writeln!(text, "find: {find}");
        }
        text
    }

    fn head(&self) -> String {
        let Self { programs, differing, points, seed, .. } = self;
        let per_second = *points as f64 / self.seconds.max(1e-9);
        let (covered, productions) = (self.covered.len(), self.productions);
        let mut text = format!(
            "{programs} programs from seed {seed}, {points} injections, {per_second:.0} per second\n\
             {differing} programs end otherwise than natively\n\
             {covered} of {productions} productions covered: {}\n",
            Vec::from_iter(self.covered.iter().copied()).join(" ")
        );
        if !self.missed.is_empty() {
            let _ = writeln!(text, "not covered: {}", self.missed.join(" "));
        }
        text + "\n"
    }
}

/// Whether a verdict is one that no sound mode gives.
pub(super) fn is_unsound(verdict: Verdict) -> bool {
    verdict > Verdict::Leaked
}

#[cfg(test)]
mod tests {
    use mote_abi::outcome::Mode;

    use super::*;

    #[test]
    fn leak_is_sound_and_a_double_release_is_not() {
        let manner = Manner { mode: Mode::Guarded, is_second: true };
        let mut report = Report::new(3);
        report.add(manner, &[Verdict::Clean, Verdict::Leaked]);
        assert!(!report.is_unsound());
        report.add(manner, &[Verdict::DoubleRelease]);
        assert!(report.is_unsound());
        assert_eq!(report.points, 3);
        let table = report.table(None);
        assert!(table.contains("guarded, second") && table.contains("from seed 3"), "{table}");
    }

    #[test]
    fn program_that_differs_is_unsound() {
        assert!(Report { differing: 1, ..Report::new(0) }.is_unsound());
    }
}
