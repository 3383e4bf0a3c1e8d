//! How services, tenants and jobs are named.

/// A deployed service of one [`Node`](crate::Node).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub(crate) u32);

impl ServiceId {
    /// Where it stands in tables of services.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Whose services they are. A node that serves one tenant has [`TenantId::default`] only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(pub u16);

/// A submitted job: its [`Completed`](crate::Completed) carries the same ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(crate) u64);

impl Ticket {
    /// Its number: the node's first job has 1, the next 2.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}
