//! The section `[events]`: requests that are kept until they have run.

use serde::Deserialize;

use super::error::ConfigError;
use super::range::within;

/// What bounds events, and how often one is tried.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventsSection {
    /// Events that are kept at once, parked ones too.
    pub count: u32,
    /// The bodies of all of them, in bytes.
    pub bytes: u64,
    /// How often an event may fail; then it is parked.
    pub tries: u32,
    /// How long after its first failure it runs again, in milliseconds: twice as long after each further one.
    pub backoff_ms: u32,
    /// Events that run, or wait for a worker, at once.
    pub concurrency: u32,
}

impl Default for EventsSection {
    fn default() -> Self {
        Self { count: 100_000, bytes: 256 << 20, tries: 3, backoff_ms: 1_000, concurrency: 32 }
    }
}

impl EventsSection {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within("events.count", self.count.into(), 1, 10_000_000)?;
        within("events.bytes", self.bytes, 1 << 10, 1 << 40)?;
        within("events.tries", self.tries.into(), 1, 1_000)?;
        within("events.backoff_ms", self.backoff_ms.into(), 1, 3_600_000)?;
        within("events.concurrency", self.concurrency.into(), 1, 100_000)
    }
}
