//! Work of the host that is not stepped.

use super::stepper;

/// Work that is done untrapped until the value is dropped: a step costs a thousand instructions.
#[derive(Debug)]
pub struct Unstepped {
    was_on: bool,
}

impl Unstepped {
    /// In a child between its two preemptions, from here. Looking ahead of a raise decides whether its
    /// cleanup begins, is long, and changes nothing.
    #[must_use]
    pub fn begin() -> Self {
        Self::unless(!stepper::is_between())
    }

    /// In a parent that injects into service text only, from here. Unwinding a deep stack is long.
    #[must_use]
    pub fn out_of_reach() -> Self {
        Self::unless(!stepper::is_parent_of_services())
    }

    fn unless(is_stepped: bool) -> Self {
        if !is_stepped {
            stepper::pause();
        }
        Self { was_on: !is_stepped }
    }
}

impl Drop for Unstepped {
    fn drop(&mut self) {
        if self.was_on {
            stepper::go_on();
        }
    }
}
