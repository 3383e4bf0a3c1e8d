//! What is said to the system in other ways than the standard library's.
#![allow(unsafe_code, reason = "code that runs before main, and a call to the C library there")]

pub(crate) mod standard_streams;
