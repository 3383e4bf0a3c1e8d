//! Who waits for what. Pure, but for asking for processors and setting affinity.
//!
//! | module | what |
//! | --- | --- |
//! | [`queue`] | jobs that wait for a worker |
//! | [`fairness`] | whose turn it is |
//! | [`budget`] | the budget that keeps a latency target |
//! | [`wait`] | spin or park |
//! | [`cpus`] | who runs where |

pub(crate) mod budget;
pub(crate) mod cpus;
pub(crate) mod fairness;
pub(crate) mod queue;
pub(crate) mod wait;
