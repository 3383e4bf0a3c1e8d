//! The operator's policy: a file's, or the one that is inside.

use std::fs;
use std::path::{Path, PathBuf};

use mote_builder::Policy;

use crate::status::{Failure, OrStatus as _, Status};

/// The variable that names the policy of commands that have no argument for it.
const VARIABLE: &str = "MOTE_POLICY";

/// The policy in `file`, or the one that is inside.
///
/// # Errors
/// The file cannot be read, or is no policy.
pub(crate) fn read(file: Option<&Path>) -> Result<Policy, Failure> {
    let Some(file) = file else { return Ok(Policy::default()) };
    Policy::read(file).or_status(Status::Usage, || format!("{} is no policy", file.display()))
}

/// The policy that the environment names, or the one that is inside.
///
/// # Errors
/// As of [`read`].
pub(crate) fn of_environment() -> Result<Policy, Failure> {
    read(std::env::var_os(VARIABLE).map(PathBuf::from).as_deref())
}

/// A policy file as its author wrote it.
///
/// # Errors
/// It cannot be read.
pub(crate) fn text(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file).or_status(Status::Usage, || format!("cannot read {}", file.display()))
}
