//! What became of the countable host handles of invocations.

use std::ops::AddAssign;

use mote_dispatcher::Tokens;
use serde::Serialize;

/// What became of an invocation's tokens. The names of the fields are those in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenCounts {
    /// Created by the service.
    pub created: u32,
    /// Released by the service: their destructors ran.
    pub released: u32,
    /// Taken back by the worker.
    pub reclaimed: u32,
    /// Releases of a token that was not live.
    pub double_released: u32,
}

impl From<&Tokens> for TokenCounts {
    fn from(tokens: &Tokens) -> Self {
        let &Tokens { created, released, reclaimed, double_released, .. } = tokens;
        Self { created, released, reclaimed, double_released }
    }
}

impl AddAssign for TokenCounts {
    fn add_assign(&mut self, other: Self) {
        self.created = self.created.saturating_add(other.created);
        self.released = self.released.saturating_add(other.released);
        self.reclaimed = self.reclaimed.saturating_add(other.reclaimed);
        self.double_released = self.double_released.saturating_add(other.double_released);
    }
}
