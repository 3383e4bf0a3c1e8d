//! Work of the host that is not stepped.

use super::stepper;

/// Work that a child between its two preemptions does untrapped, from [`begin`](Self::begin) until the
/// value is dropped. Looking ahead of a raise decides whether its cleanup begins, is long, and changes
/// nothing.
#[derive(Debug)]
pub struct Unstepped {
    was_on: bool,
}

impl Unstepped {
    /// From here.
    #[must_use]
    pub fn begin() -> Self {
        let was_on = stepper::is_between();
        if was_on {
            stepper::pause();
        }
        Self { was_on }
    }
}

impl Drop for Unstepped {
    fn drop(&mut self) {
        if self.was_on {
            stepper::go_on();
        }
    }
}
