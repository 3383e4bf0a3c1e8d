//! Who is measured: Mote, and what one would use instead.
//!
//! | module | what |
//! | --- | --- |
//! | `node` | ours: a node with one worker and many copies of a service |
//! | `copies` | copies of an image, each with a number of its own |
//! | `processes` | each service a process that waits on its socket |
//! | `libraries` | each service a shared library in a worker process, as the paper compares with |
//! | `peers` | each service a module of wasmtime, in the program `mote-peers` |
//! | `mailbox` | how a worker process that is not ours is asked |
//! | `outside` | a process that measures by itself, with a time limit |
//! | [`child`] | what this executable is when it is started as one of these processes |
//! | `programs` | carried sources of the others, and building them |
//! | `place` | who runs where |
//! | `sys` | all `unsafe` code of the room: shared memory, libraries, timers |

pub mod child;
pub(crate) mod copies;
pub(crate) mod libraries;
pub(crate) mod mailbox;
pub(crate) mod node;
pub(crate) mod outside;
pub(crate) mod peers;
pub(crate) mod place;
pub(crate) mod processes;
pub(crate) mod programs;
pub(crate) mod sys;
