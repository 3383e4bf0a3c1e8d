//! What signals do to the running service.
//!
//! | module | what |
//! | --- | --- |
//! | [`handlers`] | from a signal to a decision to an edited context |
//! | [`current`] | what handlers know of the running invocation |
//! | [`raise`] | unwinding a service's stack |
//! | [`timer`] | the worker's own timer |

pub mod current;
pub mod handlers;
pub mod raise;
pub mod timer;
