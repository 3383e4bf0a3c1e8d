//! What is asked of a node and what comes back: the vocabulary of all rooms above. Pure.
//!
//! | module | what |
//! | --- | --- |
//! | [`ids`] | how services, tenants and jobs are named |
//! | [`spec`] | one invocation to be, and its limits |
//! | [`options`] | how a job is treated until it has its answer |
//! | [`request`] | a job on its way to a worker |
//! | [`share`] | what a tenant or a service may have beside others |
//! | [`completed`] | how an invocation ended |
//! | [`called`] | a job that has begun to wait for upstreams |

pub(crate) mod called;
pub(crate) mod completed;
pub(crate) mod ids;
pub(crate) mod options;
pub(crate) mod request;
pub(crate) mod share;
pub(crate) mod spec;
