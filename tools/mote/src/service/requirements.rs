//! What `mote` needs of the machine, said before anything is built or started.

use crate::status::{Failure, OrStatus as _, Status};

/// Refuses a machine that cannot run a node, with what it lacks.
///
/// # Errors
/// The kernel is too old, or /proc is not there.
pub(crate) fn check() -> Result<(), Failure> {
    mote_dispatcher::check_requirements()
        .or_status(Status::NodeFailed, || "this machine cannot run services")
}
