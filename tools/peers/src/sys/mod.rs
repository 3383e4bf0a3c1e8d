//! All `unsafe` code, and the clock.

pub(crate) mod clock;
pub(crate) mod memory;
pub(crate) mod module;
