//! What signals do to the running service, and the ways out of a host call that does not return.
//!
//! | module | what |
//! | --- | --- |
//! | [`signals`] | the table: which signals are handled, and what each does |
//! | [`handlers`] | from a signal to a decision to an edited context |
//! | [`breakpoint`] | the same from a breakpoint that the dispatcher stored |
//! | [`current`] | what handlers know of the running invocation |
//! | [`leave`] | from host code back to the worker's loop, or into the service |
//! | `planted` | with the feature `torture`: a fault on purpose |
//! | [`raise`] | unwinding a service's stack |
//! | [`timer`] | the worker's own timer |
//! | [`pace`] | how often that may expire |

pub mod breakpoint;
pub mod current;
#[allow(unsafe_code, reason = "edits the interrupted context")]
pub mod handlers;
#[allow(unsafe_code, reason = "switches stacks")]
pub mod leave;
pub mod pace;
#[cfg(feature = "torture")]
pub mod planted;
pub mod raise;
pub mod signals;
pub mod timer;
