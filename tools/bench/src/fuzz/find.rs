//! What was found wrong, and the crate that shows it.

use std::fmt;
use std::path::{Path, PathBuf};

use mote_builder::Profile;
use serde::Serialize;

use super::grammar::Program;
use super::hunt::Shrunk;
use super::package;
use super::sweep;
use super::wrong::Wrong;
use crate::error::Error;

/// One find. The names of the fields are those in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Find {
    /// What the program was generated from.
    pub seed: u64,
    /// What is wrong.
    #[serde(flatten)]
    pub wrong: Wrong,
    /// How the image was compiled.
    pub profile: &'static str,
    /// The heap it had.
    pub heap: &'static str,
    /// The instruction before which the preemption came, of those of the shrunk program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction: Option<u32>,
    /// Its function.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub function: String,
    /// How both ended, where that differs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub difference: String,
    /// Productions of the program that was generated, and of the shrunk one.
    pub sizes: (usize, usize),
    /// Seconds from the session's beginning until the program failed.
    pub after_s: f64,
    /// The crate of the shrunk program.
    pub folder: PathBuf,
}

impl Find {
    /// What was found wrong with `program`, which was `shrunk`.
    pub(super) fn new(
        program: &Program,
        shrunk: &Shrunk,
        wrong: Wrong,
        profile: Profile,
        after_s: f64,
    ) -> Self {
        let place = shrunk.evidence.place.clone();
        let (instruction, function) =
            place.map(|(at, function)| (Some(at), function)).unwrap_or_default();
        Self {
            seed: program.seed,
            wrong,
            profile: profile.name(),
            heap: sweep::heap(program.seed).name(),
            instruction,
            function,
            difference: shrunk.evidence.difference.clone(),
            sizes: (program.size(), shrunk.program.size()),
            after_s,
            folder: PathBuf::new(),
        }
    }

    /// Writes the crate, with `find.json`, and notes where it is.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&mut self, parent: &Path, program: &Program) -> Result<(), Error> {
        self.folder = parent.join(self.name());
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        package::write_alone(&self.folder, program)
            .and_then(|()| std::fs::write(self.folder.join("find.json"), text))
            .map_err(|source| Error::Write { path: self.folder.clone(), source })
    }

    fn name(&self) -> String {
        let what = match &self.wrong {
            Wrong::Unsound { manner, verdict } => {
                let second = if manner.is_second { "-second" } else { "" };
                format!("{}{second}-{}", manner.mode, verdict.name())
            }
            Wrong::Differs => "differs".to_owned(),
        };
        format!("{what}-{}", self.seed)
    }
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, profile, heap, function, sizes: (from, to), after_s, .. } = self;
        write!(
            f,
            "{}{}, seed {seed}, {profile} image, {heap} heap, after {after_s:.1} s",
            self.wrong, self.difference
        )?;
        if let Some(instruction) = self.instruction {
            write!(f, ", at instruction {instruction} in {function}")?;
        }
        write!(f, "; shrunk from {from} productions to {to}: {}", self.folder.display())
    }
}
