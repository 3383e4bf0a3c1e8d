//! The user's package, as far as a build may use it.

pub(crate) mod package;
pub(crate) mod staging;
