//! What the kernel keeps a worker from, layer by layer: decided here, made in `sys`, given up by the
//! worker itself.
//!
//! | module | what |
//! | --- | --- |
//! | [`layer`] | the layers, and which are active on this machine |
//! | [`enclosure`] | what a node prepares once for all its workers |
//! | [`layout`] | where program and zones lie in workers |
//! | [`undumpable`] | what keeps others from the dispatcher's memory |
//! | [`user`] | the user that workers become |
//! | [`seccomp`] | the filter of system calls |

pub(crate) mod enclosure;
pub(crate) mod layer;
pub(crate) mod layout;
pub(crate) mod seccomp;
pub(crate) mod undumpable;
mod user;
