//! The scheduler: which job waits, for how long, and who runs on which processor. Pure, but for asking for processors and setting affinity.
//!
//! | module | what |
//! | --- | --- |
//! | [`queue`] | jobs that wait for a worker |
//! | [`fairness`] | whose turn it is |
//! | [`budget`] | the budget that keeps a latency target |
//! | [`wait`] | spin or park |
//! | [`cpus`] | who runs where |
//! | [`processors`] | where breakpoints may be used |

pub(crate) mod budget;
pub(crate) mod cpus;
pub(crate) mod fairness;
pub(crate) mod processors;
pub(crate) mod queue;
pub(crate) mod wait;
