//! What bounds clients, all of them together and each alone.

use std::time::Duration;

use mote_abi::area::BODY_BYTES;
use serde::Deserialize;

use super::error::ConfigError;
use super::range::within;

/// The least buffer of a connection that hyper works with.
const MIN_HEADER_BYTES: u64 = 8 << 10;

/// What bounds clients.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections at once. More wait in the kernel's queue.
    pub connections: u32,
    /// Request line and headers of one request, in bytes.
    pub header_bytes: u32,
    /// Headers of one request.
    pub headers: u32,
    /// How long a connection may take to send the headers of its next request, in milliseconds. One
    /// that is idle for so long is closed.
    pub header_timeout_ms: u32,
    /// How long a request's body may take to arrive, in milliseconds.
    pub body_timeout_ms: u32,
    /// A request's body, in bytes.
    pub body_bytes: u32,
    /// The bodies of all requests under way, in bytes.
    pub in_flight_bytes: u32,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            header_bytes: 16 << 10,
            headers: 100,
            header_timeout_ms: 30_000,
            body_timeout_ms: 30_000,
            body_bytes: BODY_BYTES as u32,
            in_flight_bytes: 256 << 20,
            streams: 128,
        }
    }
}

impl Limits {
    /// [`Limits::header_timeout_ms`].
    #[must_use]
    pub fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms.into())
    }

    /// [`Limits::body_timeout_ms`].
    #[must_use]
    pub fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms.into())
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        const DAY_MS: u64 = 24 * 3_600_000;
        within("limits.connections", self.connections.into(), 1, 1_000_000)?;
        within("limits.header_bytes", self.header_bytes.into(), MIN_HEADER_BYTES, 1 << 20)?;
        within("limits.headers", self.headers.into(), 16, 10_000)?;
        within("limits.header_timeout_ms", self.header_timeout_ms.into(), 1, DAY_MS)?;
        within("limits.body_timeout_ms", self.body_timeout_ms.into(), 1, DAY_MS)?;
        within("limits.body_bytes", self.body_bytes.into(), 1, BODY_BYTES as u64)?;
        let one_body = self.body_bytes.into();
        within("limits.in_flight_bytes", self.in_flight_bytes.into(), one_body, 1 << 31)?;
        within("limits.streams", self.streams.into(), 1, 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_is_accepted() {
        assert!(Limits::default().check().is_ok());
    }

    #[test]
    fn body_is_refused_when_a_worker_cannot_take_it() {
        let limits = Limits { body_bytes: BODY_BYTES as u32 + 1, ..Limits::default() };
        assert!(limits.check().unwrap_err().to_string().starts_with("`limits.body_bytes` is "));
    }

    #[test]
    fn bodies_under_way_have_room_for_one() {
        let limits = Limits { in_flight_bytes: 10, body_bytes: 11, ..Limits::default() };
        assert!(limits.check().is_err());
    }
}
