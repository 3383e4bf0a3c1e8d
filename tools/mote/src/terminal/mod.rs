//! What people see: progress on stderr, results on stdout.

pub(crate) mod bars;
pub(crate) mod build;
pub(crate) mod output;
