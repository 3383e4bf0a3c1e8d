//! What can be wrong with a program.

use std::fmt;

use serde::Serialize;

use super::sweep::Manner;
use crate::torture::verdict::Verdict;

/// What is wrong with a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Wrong {
    /// An injection has this verdict.
    Unsound {
        /// How it was preempted.
        #[serde(flatten)]
        manner: Manner,
        /// The verdict.
        verdict: Verdict,
    },
    /// Undisturbed, it does not end as natively.
    Differs,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsound { manner, verdict } => write!(f, "{} in {manner}", verdict.name()),
            Self::Differs => f.write_str("another end than natively"),
        }
    }
}
