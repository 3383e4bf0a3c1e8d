//! What a build finds ready: the compiler and its libraries, the embedded service crate, the cache.

pub(crate) mod cache;
pub(crate) mod command;
pub(crate) mod compiler;
pub(crate) mod digest;
pub(crate) mod embedded;
pub(crate) mod messages;
pub(crate) mod sysroot;

/// The platform of every image.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";
