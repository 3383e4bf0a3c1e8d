//! All `unsafe` code of the measurements.
#![allow(unsafe_code, reason = "shared memory, shared libraries and timers are foreign calls")]

pub(super) mod library;
pub(super) mod memory;
pub(super) mod timer;
