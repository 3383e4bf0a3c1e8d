//! What the commands share that build, read and run services.

pub(crate) mod build;
pub(crate) mod choice;
pub(crate) mod input;
pub(crate) mod policy;
pub(crate) mod requirements;
pub(crate) mod source;
pub(crate) mod trust;
