//! All `unsafe` code of the measurements.
#![allow(unsafe_code, reason = "shared memory, shared libraries and timers are foreign calls")]

pub(crate) mod library;
pub(crate) mod memory;
pub(crate) mod timer;
