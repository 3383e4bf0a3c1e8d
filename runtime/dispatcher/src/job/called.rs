//! A job that has begun to wait for upstreams.

use crate::job::ids::{ServiceId, TenantId, Ticket};

/// A job that waits for replies, as its worker says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Called {
    pub(crate) worker: usize,
    pub(crate) ticket: Ticket,
    pub(crate) tenant: TenantId,
    pub(crate) service: ServiceId,
    /// When its service was first entered.
    pub(crate) entered_ns: u64,
    /// What it asks: any bytes.
    pub(crate) calls: Vec<u8>,
}
