//! Crossings and redirections in this very process: a function of the test plays the service, on a
//! stack of its own, and signals strike it.
//!
//! There is one crossing in a process, so every test takes the lock first.

mod calls;
mod host;
mod signals;
