//! What was found of one thing that Mote uses.

use serde::Serialize;

/// How good that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// As it should be.
    Ok,
    /// Mote does not run without, or not safely.
    Missing,
    /// Mote runs, but less isolated or slower.
    Weaker,
    /// Nothing depends on it.
    Note,
}

/// What it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Group {
    Node,
    Workers,
    Builds,
    Machine,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) group: Group,
    pub(super) name: String,
    pub(super) verdict: Verdict,
    pub(super) found: String,
    pub(super) remedy: Option<String>,
}

impl Finding {
    /// It is as it should be.
    pub(super) fn ok(group: Group, name: impl ToString, found: impl ToString) -> Self {
        let (name, found) = (name.to_string(), found.to_string());
        Self { group, name, verdict: Verdict::Ok, found, remedy: None }
    }

    /// It is not, and `remedy` says what to change.
    pub(super) fn or(self, verdict: Verdict, remedy: impl ToString) -> Self {
        Self { verdict, remedy: Some(remedy.to_string()), ..self }
    }
}
