//! A handle whose life the host counts.

use core::fmt;

use crate::Host;

/// A handle of the host that is released when it is dropped.
///
/// It stands for what a service must give back: a connection, a lock, a reservation. The host knows
/// which tokens are live, so an outcome tells how many were created, how many the service released,
/// and how many the worker had to take back because the service leaked them or was discarded.
/// Releasing never fails and is never where a service is unwound.
#[must_use = "a token that is not kept is released at once"]
pub struct Token {
    id: u32,
    host: Host,
}

impl Token {
    #[inline]
    pub(crate) fn from_host(host: &Host) -> Self {
        Self { id: host.token_create(), host: host.clone() }
    }
}

impl Drop for Token {
    #[inline]
    fn drop(&mut self) {
        self.host.token_release(self.id);
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Token").field(&self.id).finish()
    }
}
